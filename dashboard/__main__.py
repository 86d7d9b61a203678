"""Write a warehouse's dashboard to one HTML file: make dashboard.

examples:
  make dashboard                        from the local cloud of make run
  make dashboard STATE=.localcloud/sales-orders
  make dashboard PROJECT=my-project     from Google Cloud, as yourself
"""

import argparse
import sys
from pathlib import Path

from google.api_core.exceptions import Forbidden, NotFound
from google.auth.exceptions import GoogleAuthError

from components.shared.clients import bigquery_client
from components.shared.command_line import add_project, end_quietly, print_error
from components.shared.credentials import describe_error
from components.shared.errors import StepError
from components.shared.names import DATASETS
from dashboard.cube import read_cube
from dashboard.page import render


def write_dashboard(project: str, dataset: str, path: Path) -> bool:
    """Write the dashboard of a dataset's bi_ views to a file; return whether there is anything to show."""
    with bigquery_client(project) as client:
        cube = read_cube(client, dataset)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(cube), encoding="utf-8")
    return any(cube["tables"][name] for name in ("sales", "customers", "risk"))


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code, 1 with a one-line message if it failed."""
    options = _parser().parse_args(arguments)
    try:
        is_filled = write_dashboard(options.project, options.dataset, options.output)
    except NotFound as error:
        missing = error.message.partition("\n")[0]
        print_error(f"run the batch first, as make run does: {missing}")
        return 1
    except (Forbidden, GoogleAuthError, StepError) as error:
        print_error(describe_error(error))
        return 1
    if not is_filled:
        print("the warehouse is empty, and so is the dashboard: make run fills both", file=sys.stderr)
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.1f} MB")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dashboard",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_project(parser)
    parser.add_argument(
        "--dataset", default=DATASETS["bi"], help=f"dataset of the bi_ views ({DATASETS['bi']})"
    )
    parser.add_argument("--output", type=Path, default=Path("dashboard.html"), help="the file to write")
    return parser


if __name__ == "__main__":
    sys.exit(end_quietly(main))
