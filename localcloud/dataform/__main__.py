"""Serve Dataform's REST API: python -m localcloud.dataform --port 9060 --data-dir .localcloud/dataform."""

import argparse
import os
import sys
from pathlib import Path

from localcloud.dataform.install import NotInstalledError, require_installed
from localcloud.dataform.server import create_app
from localcloud.guard import Guard
from localcloud.serving import serve
from localcloud.settings import SettingsError, load

MOST_BYTES = 16 * 2**20  # a file in a workspace has at most 10 MB, and travels as base64
_EXAMPLE = """example:
  BIGQUERY_EMULATOR_HOST=http://127.0.0.1:9050 \\
    python -m localcloud.dataform --port 9060 --data-dir DIR --project shop
  Clients then need DATAFORM_EMULATOR_HOST=127.0.0.1:9060."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.dataform",
        description="Serve Dataform's REST API; runs use the BigQuery at BIGQUERY_EMULATOR_HOST.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of repositories and runs")
    parser.add_argument("--project", required=True, help="default project of runs")
    return parser.parse_args()


def main() -> int:
    """Serve until SIGTERM; return 1 with a one-line message if something needed is missing."""
    arguments = _arguments()
    if not os.environ.get("BIGQUERY_EMULATOR_HOST"):
        print(
            "BIGQUERY_EMULATOR_HOST is not set: the local Dataform runs only on a local BigQuery",
            file=sys.stderr,
        )
        return 1
    try:
        require_installed()
        keep = load().keep.runs
    except (NotInstalledError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    serve(create_app(arguments.data_dir, arguments.project, keep), Guard(arguments.port), MOST_BYTES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
