"""Run the whole batch on this machine: python -m laptop.batch, or make run.

examples:
  make run                           a year of generated sales, as of today;
                                     again: the next day
  make run AS_OF=2026-01-31          as of any date
  make run STATE=.localcloud/other   other data, in its own folder
  make run ARGS="--sources clickstream"      without startups
  make retry                         resumes the last run where it failed
  make campaign                      a campaign, from list to effect

examples with your own sales (a file, a folder or a pattern, "2026-*.xlsx"):
  make run SALES=orders.csv
  make run SALES=export.csv PRESET=shopify   from a known shop system
  make run SALES=export.csv MAPPING=shop.yaml
  make run SALES=orders.csv SET="amount.means=line_total time.zone=UTC"
  make run SALES=orders.csv COLUMNS=customer=ID,time=InvoiceDate,amount=Total
  make run SALES=orders.csv TIME_FORMAT="%d/%m/%Y %H:%M" CURRENCY=GBP
  make run SALES=orders.csv SOURCE=shop ARGS=--replace
                                     replaces everything from the source
"""

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from components.shared.command_line import end_quietly, print_error
from components.shared.errors import ArgumentsError, StepError
from generators.own_reading import CountsError
from generators.own_sales import UndecidedError, checked_sales
from laptop.cloud import become, set_clock
from laptop.options import IMPORT, OptionError, check, parser, state_folder
from laptop.state import BatchState, BusyError, lock_folder
from sources.errors import UnreadableError
from sources.mapping import BadMappingError

# The history is written as if before its first sale, and so is known since each sale was made. Firestore's
# times never go back, and the first readiness check already gives it one: its clock is set before it starts.
BEFORE_ALL = datetime(1990, 1, 1, tzinfo=UTC)


def main(arguments: list[str] | None = None) -> int:
    """Check the options; become the command that starts the local cloud and runs the day there."""
    given = sys.argv[1:] if arguments is None else arguments
    started = time.time()
    options = parser("python -m laptop.batch", str(__doc__)).parse_args(given)
    try:
        folder = _prepare(options)
        if not BatchState.load(folder).generated_through:
            set_clock(folder, BEFORE_ALL)
    except (ArgumentsError, OptionError, UnreadableError, UndecidedError, BadMappingError) as error:
        print_error(error)
        return 2
    except (StepError, BusyError, CountsError, OSError) as error:
        print_error(error)
        return 1
    return become(
        *("localcloud", "run", "--state-dir", str(folder), "--"),
        *(
            sys.executable,
            "-m",
            "laptop.campaign" if options.campaign else "laptop.day",
            *given,
            "--started",
            str(started),
        ),
    )


def _prepare(options: argparse.Namespace) -> Path:
    """Return the run's folder, containing the sales that were asked for.

    Any error is raised before anything is started or written.
    """
    check(options, datetime.now(UTC).date())
    folder = state_folder(options)
    if not options.sales:
        lock_folder(folder)
        return folder
    with checked_sales(options, options.sales) as found:
        lock_folder(folder)
        found.keep(folder / IMPORT)
    return folder


if __name__ == "__main__":
    sys.exit(end_quietly(main))
