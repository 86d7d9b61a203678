"""Serve Vertex AI Pipelines: python -m localcloud.vertex --port 9070 --data-dir .localcloud/vertex."""

import argparse
import os
import sys
from pathlib import Path

from localcloud.guard import Guard
from localcloud.serving import serve
from localcloud.vertex.jobs import PipelineJobs
from localcloud.vertex.models import ModelService
from localcloud.vertex.server import create_app

MOST_BYTES = 4 * 2**20  # what gRPC takes by default; a compiled pipeline has a tenth of it
_EXAMPLE = """example:
  python -m localcloud.vertex --port 9070 --data-dir .localcloud/vertex
  VERTEX_EMULATOR_HOST=127.0.0.1:9070 is then what clients need, http://127.0.0.1:9070 what a browser does.
  The console's buttons ask the orchestrator at ORCHESTRATOR_URL, where that is set."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.vertex",
        description="Serve the API of Vertex AI Pipelines on 127.0.0.1. Jobs run with this environment.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="where the jobs are kept")
    parser.add_argument("--at-once", type=int, default=1, help="how many jobs may run at the same time (1)")
    return parser.parse_args()


def main() -> int:
    """Serve until SIGTERM."""
    arguments = _arguments()
    jobs = PipelineJobs(arguments.data_dir, arguments.at_once)
    models = ModelService(arguments.data_dir)
    app = create_app(jobs, models, os.environ.get("ORCHESTRATOR_URL"))
    serve(app, Guard(arguments.port), MOST_BYTES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
