"""Run a compiled pipeline with kfp.local: python -m localcloud.batch.kfp_child SPEC PARAMETERS.json ROOT."""

import json
import sys
import warnings
from pathlib import Path

from kfp import components, local


def main(spec: str, parameters: str, root: str) -> None:
    """Run the pipeline in this process; its steps are child processes. Raises RuntimeError when it fails."""
    local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=root, raise_on_error=True)
    pipeline = components.load_component_from_file(spec)
    pipeline(**json.loads(Path(parameters).read_text(encoding="utf-8")))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    try:
        main(*sys.argv[1:])
    except RuntimeError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
