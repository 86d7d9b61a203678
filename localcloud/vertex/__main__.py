"""Serve Vertex AI Pipelines: python -m localcloud.vertex --port 9070 --data-dir .localcloud/vertex."""

import argparse
import os
import sys
from pathlib import Path

from localcloud.console.data import Data
from localcloud.console.trigger import Trigger
from localcloud.console.workflows import Workflows
from localcloud.endpoints import variable
from localcloud.guard import Guard
from localcloud.serving import serve
from localcloud.settings import Console, Settings, SettingsError, load
from localcloud.vertex.jobs import PipelineJobs
from localcloud.vertex.models import ModelService
from localcloud.vertex.server import create_app

MOST_BYTES = 4 * 2**20  # gRPC's default limit; a compiled pipeline has a tenth of it
PATIENCE_SECONDS = 1  # the event stream of an open page never ends by itself
_EXAMPLE = """example:
  python -m localcloud.vertex --port 9070 --data-dir .localcloud/vertex
  Clients then need VERTEX_EMULATOR_HOST=127.0.0.1:9070; the console is at
  http://127.0.0.1:9070.
  Its title and buttons are those of localcloud.toml."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.vertex",
        description="Serve Vertex AI Pipelines' API on 127.0.0.1. Jobs run in this environment.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the jobs")
    parser.add_argument("--at-once", type=int, default=1, help="number of concurrent jobs (1)")
    return parser.parse_args()


def main() -> int:
    """Serve until SIGTERM; return 1 with a one-line message if the settings are at fault."""
    arguments = _arguments()
    try:
        settings = load()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    jobs = PipelineJobs(arguments.data_dir, arguments.at_once, settings)
    models = ModelService(arguments.data_dir)
    app = create_app(
        jobs, models, settings, _trigger(settings.console), _data(settings), _workflows(settings)
    )
    serve(app, Guard(arguments.port), MOST_BYTES, PATIENCE_SECONDS)
    return 0


def _trigger(console: Console) -> Trigger | None:
    """Return the service behind the console's buttons, or None if there is none or it does not run."""
    url = os.environ.get(variable(console.trigger)) if console.trigger else None
    return Trigger(console.trigger, url, console.parameter) if url else None


def _data(settings: Settings) -> Data | None:
    """Return the data of the local BigQuery, or None if it does not run."""
    url = os.environ.get(variable("bigquery")) if "bigquery" in settings.google else None
    project = os.environ.get("GOOGLE_CLOUD_PROJECT", settings.project)
    return Data(project, url, settings.console.datasets) if url else None


def _workflows(settings: Settings) -> Workflows | None:
    """Return the workflows of the local Dataform, or None if it does not run."""
    address = os.environ.get(variable("dataform")) if "dataform" in settings.google else None
    return Workflows(address) if address else None


if __name__ == "__main__":
    sys.exit(main())
