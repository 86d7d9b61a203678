"""Explain a customer's churn score on a day, and check that it can be reproduced.

It only reads. It shows the prediction, the sales known that day and how they
look now, the features, each model member's prediction, and the features behind
the reasons. Then it recomputes the features from the stored versions of the
sales, scores them with the stored model, and compares.

exit code: 0 the score is equal, 3 it differs, 1 it cannot be explained
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from google.api_core.exceptions import Forbidden, NotFound
from rich.console import Console

from components.shared.clients import bigquery_client, storage_client
from components.shared.command_line import add_project, end_quietly, print_error
from components.shared.credentials import describe_error
from components.shared.dates import parse_date
from components.shared.erasures import erasure_under_way
from components.shared.errors import ArgumentsError, StepError
from components.shared.names import BUCKET, DATASETS
from components.shared.retries import FAILED_CALL
from explain.customer import check_key, hash_shop_id
from explain.explanation import DIFFERENT, EQUAL, IMPOSSIBLE, Explanation, explain
from explain.places import Places
from explain.printing import show

EXAMPLES = """examples:
  make explain CUSTOMER=7f3c… ON=2026-01-31
  make explain CUSTOMER=C000123 ON=2026-01-31 ARGS=--shop-id
  make explain CUSTOMER=7f3c… ON=2026-01-31 PROJECT=my-project
  python -m explain 7f3c… --on 2026-01-31 --json \\
    --project my-project --bucket my-project-lake-raw"""
EXIT_CODES = {EQUAL: 0, DIFFERENT: 3, IMPOSSIBLE: 1}


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code, 1 or 2 with a one-line message if it failed."""
    options = _parser().parse_args(arguments)
    try:
        explained = _explain(options)
    except ArgumentsError as error:
        return _fail(str(error), 2)
    except Forbidden as error:
        return _fail(f"{describe_error(error)} (docs/access.md lists the roles that this needs)")
    except NotFound as error:
        return _fail(f"{describe_error(error)} (run the batch first, or give the right names: --help)")
    except (*FAILED_CALL, StepError) as error:
        return _fail(describe_error(error))
    if options.json:
        print(json.dumps(asdict(explained), indent=1, default=str))
    else:
        show(Console(markup=False, highlight=False, emoji=False), explained)
    if explained.replay.problem:
        return _fail(explained.replay.problem)
    return EXIT_CODES[explained.replay.outcome]


def _explain(options: argparse.Namespace) -> Explanation:
    on = parse_date(options.on, "--on")
    key = None if options.shop_id else check_key(options.customer)
    if why := erasure_under_way(storage_client(options.project).bucket(options.bucket)):
        raise StepError(why)
    with bigquery_client(options.project) as client, _progress() as tell:
        places = Places(
            client, options.bucket, options.warehouse_dataset, options.features_dataset, options.keys_dataset
        )
        tell("looking up the customer")
        return explain(places, key or hash_shop_id(places, options.customer), on, tell)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows at a terminal what is being done, and does nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("connecting …") as status:
        yield lambda doing: status.update(f"{doing} …")


def _fail(message: str, code: int = 1) -> int:
    print_error(message)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m explain",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("customer", metavar="CUSTOMER", help="a customer_key, 64 hexadecimal digits")
    parser.add_argument("--on", required=True, metavar="DAY", help="the prediction's day, YYYY-MM-DD")
    parser.add_argument(
        "--shop-id", action="store_true", help="CUSTOMER is the shop's own id, which is hashed"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    add_project(parser)
    parser.add_argument("--bucket", default=BUCKET, help=f"bucket of the models ({BUCKET})")
    for name in ("warehouse", "features", "keys"):
        default = DATASETS[name]
        parser.add_argument(f"--{name}-dataset", default=default, metavar="NAME", help=f"({default})")
    return parser


if __name__ == "__main__":
    sys.exit(end_quietly(main))
