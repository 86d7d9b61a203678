"""Import sales from files of any layout into Firestore.

All files are read and checked before the first document is written; the command
asks about anything ambiguous. An import replaces the source's earlier one.
"""

import argparse
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from components.shared.clients import firestore_client
from components.shared.command_line import print_error
from generators import arguments
from generators.own_import import Ask, Target, ask_in_a_terminal, import_sales, in_a_terminal
from generators.own_options import add_reading, split_settings
from generators.own_reading import Checked, CountsError, read_checked
from sources.errors import UnreadableError
from sources.mapping import BadMappingError
from sources.understand import report

UNDECIDED = 2

EXAMPLES = """fields of --columns: customer, time, amount (or price per unit), order,
quantity, currency, status, product, category, channel. Common names
are recognised; see docs/your-data.md.

examples:
  python -m generators.own_sales orders.csv
  python -m generators.own_sales orders.parquet \\
    --columns customer=CustomerID,time=InvoiceDate,amount=Total
  python -m generators.own_sales export-*.xlsx --preset shopify --source shop
  python -m generators.own_sales orders.csv --time-format "%d/%m/%Y %H:%M"
"""


class UndecidedError(ValueError):
    """Something that changes figures is undecided; the report says which option settles it."""


@contextmanager
def checked_sales(options: argparse.Namespace, given: list[str]) -> Iterator[Checked]:
    """Read files, show how they were interpreted, and provide them within the block.

    Raises UndecidedError, UnreadableError or BadMappingError if they cannot be understood.
    """
    if sys.stderr.isatty():
        print(f"reading {' '.join(given)} …", file=sys.stderr, flush=True)
    with read_checked(options, given, datetime.now(UTC).date()) as found:
        print(report(found.understanding), flush=True)
        if found.understanding.questions and in_a_terminal():
            found = _ask_until_decided(found)
        if questions := found.understanding.questions:
            things = "one thing is" if len(questions) == 1 else f"{len(questions)} things are"
            raise UndecidedError(f"{things} undecided: the report names the option that settles each")
        yield found


def _ask_until_decided(found: Checked) -> Checked:
    """Ask for settings until nothing is undecided, or none is given."""
    said: list[str] = []
    while found.understanding.questions:
        print("a setting from the report (empty to stop): ", end="", file=sys.stderr, flush=True)
        if not (more := split_settings(sys.stdin.readline().strip().removeprefix("--set").strip())):
            return found
        try:
            found, said = found.with_settings(more), said + more
            print(report(found.understanding), flush=True)
        except BadMappingError as error:
            print_error(error)
    print(f"next time: SET={shlex.quote(' '.join(said))}", file=sys.stderr)
    return found


def choose_replacement(options: argparse.Namespace) -> Ask:
    """Return how to decide whether older sales are deleted: as the options say, or by asking."""
    chosen = options.replace
    return ask_in_a_terminal if chosen is None else lambda _count, _first: bool(chosen)


def main(words: list[str] | None = None) -> None:
    """Import files; exit with code 2 if they are faulty or not understood."""
    parser = argparse.ArgumentParser("python -m generators.own_sales", description=__doc__, epilog=EXAMPLES)
    parser.add_argument("files", nargs="+", help="files of any kind, folders and patterns")
    add_reading(parser)
    arguments.add_firestore(parser)
    options = arguments.parse(parser, words)
    try:
        with tempfile.TemporaryDirectory() as folder:
            with checked_sales(options, options.files) as found:
                sales = found.keep(Path(folder))
            client = firestore_client(options.project, options.database)
            target = Target(client, options.collection, options.max_ops_per_second)
            imported = import_sales(sales, target, choose_replacement(options))
    except (UnreadableError, UndecidedError, BadMappingError, CountsError) as error:
        print_error(error)
        sys.exit(UNDECIDED)
    print(f"{sales.counts}; {imported} in {options.collection}")


if __name__ == "__main__":
    arguments.run(main)
