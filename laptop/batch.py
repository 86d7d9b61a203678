"""Run the whole batch on this machine: python -m laptop.batch, or make run.

examples:
  make run                                   a year of generated sales, as of today; again: the next day
  make run AS_OF=2026-01-31                  as of a day of your choice
  make run ARGS="--sources clickstream"      without startups
  make run SALES=orders.csv                  your own transactions
  make run SALES=orders.csv COLUMNS=customer=CustomerID,time=InvoiceDate,amount=Total
  make run SALES=orders.csv TIME_FORMAT="%d/%m/%Y %H:%M" CURRENCY=GBP
"""

import argparse
import os
import sys
import time
from typing import NoReturn

from components.shared.dates import parse_date
from components.shared.errors import StepError
from components.shared.sources import parse_sources
from generators.own_columns import find_columns, parse_columns
from generators.own_files import InvalidFileError, header
from laptop.options import parser, state_folder
from laptop.state import BusyError, be_alone


def main(arguments: list[str] | None = None) -> int:
    """Check what is asked; become the command that starts the laptop's cloud and runs the day there."""
    given = sys.argv[1:] if arguments is None else arguments
    started = time.time()
    options = parser("python -m laptop.batch", str(__doc__)).parse_args(given)
    try:
        _check(options)
        be_alone(state_folder(options))
    except InvalidFileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (StepError, BusyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return _become(
        *("localcloud", "run", "--state-dir", str(state_folder(options)), "--"),
        *(sys.executable, "-m", "laptop.day", *given, "--started", str(started)),
    )


def _become(*module: str) -> NoReturn:
    """Be another program from here on, so that whoever ends this process ends all that it started."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", *module])  # noqa: S606 -- our own


def _check(options: argparse.Namespace) -> None:
    """Raise StepError or InvalidFileError before anything is started or written."""
    parse_sources(options.sources)
    if options.as_of:
        parse_date(options.as_of)
    if options.sales:
        find_columns(header(options.sales), parse_columns(options.columns))


if __name__ == "__main__":
    sys.exit(main())
