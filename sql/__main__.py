r"""Query the warehouse in SQL: at a prompt, or one query with --command.

examples:
  make sql                         the local cloud of make run
  make sql PROJECT=my-project      Google Cloud, as yourself
  make sql ARGS='-c "SELECT COUNT(*) FROM fct_sales"'
  make sql ARGS='--csv -c "SELECT * FROM dim_customer"' > customers.csv
"""

import argparse
import sys
from pathlib import Path

from google.api_core.exceptions import GoogleAPICallError
from rich.console import Console

from components.shared.clients import bigquery_client
from components.shared.command_line import add_project, end_quietly, print_error
from components.shared.credentials import describe_error
from components.shared.names import DATASETS
from components.shared.retries import FAILED_CALL
from sql.answers import Asking, reason
from sql.catalogue import read_catalogue
from sql.prompt import run_prompt
from sql.showing import show_answer, write_csv

GIB = 2**30
LISTED = ("warehouse", "bi", "features", "staging")  # neither the assertions' findings nor the pseudonym key
HISTORY = Path("~/.local/state/winter-days/sql-history")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code, 1 with BigQuery's message if the query failed."""
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except GoogleAPICallError as error:
        print_error(reason(error))
        return 1
    except FAILED_CALL as error:
        print_error(describe_error(error))
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    console = Console(markup=False, highlight=False, emoji=False)
    with bigquery_client(options.project) as client:
        most = int(options.max_gib * GIB) if options.max_gib else None
        asking = Asking(client, options.dataset, most)
        if options.command and options.csv:
            write_csv(sys.stdout, asking.ask(options.command))
        elif options.command:
            show_answer(console, asking.ask(options.command))
        else:
            others = [DATASETS[layer] for layer in LISTED if DATASETS[layer] != options.dataset]
            with console.status("listing the tables …"):
                catalogue = read_catalogue(client, options.dataset, others)
            run_prompt(console, asking, catalogue, HISTORY.expanduser())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m sql", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_project(parser)
    usual = DATASETS["warehouse"]
    parser.add_argument("--dataset", default=usual, help=f"default dataset of unqualified tables ({usual})")
    parser.add_argument("-c", "--command", metavar="SQL", help="one query instead of the prompt")
    parser.add_argument("--csv", action="store_true", help="print all rows of the result as CSV")
    parser.add_argument(
        "--max-gib",
        type=float,
        default=10,
        help="refuse a query that would bill more (10; 0: no limit)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(end_quietly(main))
