"""Compile the pipeline, or check that the committed file is what the code gives.

The file is compiled/customer_churn_pipeline.json.

examples:
  python -m pipelines.compile           writes it
  python -m pipelines.compile --check   fails with a diff when it is stale
"""

import argparse
import difflib
import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from kfp import compiler

from pipelines.customer_churn import customer_churn
from pipelines.specification import COMPILED

PYTHON_START = "_KFP_RUNTIME=true python3 -m kfp.dsl.executor_main"
SHELL_END = json.dumps('"$@"\n')[1:]  # the end of kfp's shell script
# The signal interrupts the wait, which is repeated until Python has ended; its exit code becomes the shell's.
SHELL_END_WITH_SIGTERM = json.dumps(
    """"$@" & child=$!
trap 'kill -TERM $child || :' TERM
code=0
while kill -0 $child 2>/dev/null; do code=0; wait $child || code=$?; done
exit $code
"""
)[1:]


def compiled_text(pipeline: Any = customer_churn) -> str:
    """Return a pipeline's specification as JSON text, the same for the same code."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*json.*", category=DeprecationWarning)
        path = Path(folder) / COMPILED.name
        compiler.Compiler().compile(pipeline, str(path))
        return forward_sigterm(path.read_text(encoding="utf-8").rstrip() + "\n")


def forward_sigterm(text: str) -> str:
    """Return a specification in which the shell that kfp starts each step with passes SIGTERM on.

    Vertex AI sends it to a container's first process, and kfp's shell does not pass it on (kubeflow/pipelines
    #7902). Replacing the shell with Python would not help: a first process ignores a signal until it has a
    handler for it, and the step would start its work although it was told to stop.
    """
    steps = len(json.loads(text)["deploymentSpec"]["executors"])
    if {text.count(PYTHON_START), text.count(SHELL_END)} != {steps}:
        raise AssertionError(f"kfp starts its components otherwise than by {PYTHON_START!r} … {SHELL_END!r}")
    return text.replace(SHELL_END, SHELL_END_WITH_SIGTERM)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.compile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--output", type=Path, default=COMPILED, help="the compiled file")
    options = parser.parse_args(arguments)
    text = compiled_text()
    if not options.check:
        options.output.write_text(text, encoding="utf-8")
        print(f"wrote {options.output.name}: {len(text):,} characters")
        return 0
    committed = options.output.read_text(encoding="utf-8") if options.output.exists() else ""
    if committed == text:
        return 0
    names = (f"{options.output.name} (committed)", f"{options.output.name} (from the code)")
    diff = difflib.unified_diff(committed.splitlines(True), text.splitlines(True), *names, n=2)
    sys.stderr.writelines(diff)
    print("the compiled pipeline is stale: run python -m pipelines.compile", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
