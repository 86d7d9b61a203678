"""The options of the batch on a laptop, checked before anything starts, and the folder of its data."""

import argparse
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import NoReturn

from components.shared.dates import parse_date
from components.shared.defaults import HORIZON_DAYS
from components.shared.names import SOURCES
from components.shared.sources import parse_sources
from generators.arguments import whole_number
from generators.own_options import add_reading, asked_files
from laptop.state import BatchState
from sources.files.naming import source_of

IMPORT = "import"  # the subfolder of a source's state folder for its checked sales
STATE = Path(".localcloud/demo")  # as localcloud.toml says
AHEAD_DAYS = 31  # how far a run's day may lie after the next one
FIRST_DAY = date(1990, 1, 1)
OF_OWN_SALES = ("preset", "mapping", "set", "columns", "currency", "time_format", "source", "replace")


class OptionError(ValueError):
    """The options are invalid, or not possible in this folder; the message says what is possible."""


class _Parser(argparse.ArgumentParser):
    """A parser that reports an error in one line."""

    def error(self, message: str) -> NoReturn:
        print(f"error: {message} (--help shows examples)", file=sys.stderr)
        sys.exit(2)


def parser(program: str, description: str) -> argparse.ArgumentParser:
    """Return the parser of the batch's options, which both of its processes use."""
    parser = _Parser(
        prog=program, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--as-of", default="", help="the day of the run, YYYY-MM-DD")
    parser.add_argument(
        "--campaign",
        action="store_true",
        help="start a campaign of generated customers, run the day its window closes, and measure it",
    )
    parser.add_argument("--retry", action="store_true", help="resume the last run from its failed step")
    parser.add_argument(
        "--days", type=whole_number, default=365, help="days of history to generate first (365)"
    )
    parser.add_argument("--customers", type=whole_number, default=2000, help="customers to generate (2000)")
    parser.add_argument(
        "--defects", action="store_true", help="generate malformed records among the good ones"
    )
    parser.add_argument("--sales", nargs="+", help="your own sales instead: files, folders and patterns")
    add_reading(parser)
    parser.add_argument(
        "--horizon-days",
        type=whole_number,
        help=f"days without a purchase that count as churn ({HORIZON_DAYS})",
    )
    parser.add_argument(
        "--sources",
        help=f'the sources besides sales ({",".join(SOURCES)}; with your own sales, none: "")',
    )
    parser.add_argument(
        "--state-dir", type=Path, help=f"folder of all data ({STATE}, or sales-SOURCE beside it)"
    )
    return parser


def state_folder(options: argparse.Namespace) -> Path:
    """Return the given folder, or by default that of the generated sales or of the source."""
    if options.state_dir:
        return Path(options.state_dir)
    return STATE.with_name(f"sales-{_source(options)}") if options.sales else STATE


def sources_of(options: argparse.Namespace) -> str:
    """Return the sources besides sales: those given, or by default what is generated."""
    generated = "" if options.sales else ",".join(SOURCES)
    return generated if options.sources is None else str(options.sources)


def check(options: argparse.Namespace, today: date) -> None:
    """Raise OptionError or ArgumentsError for options that the folder, which is only read, does not allow."""
    parse_sources(sources_of(options))
    if options.campaign and (options.sales or options.as_of):
        raise OptionError("--campaign continues with generated sales: give neither --sales nor --as-of")
    _check_reading(options)
    folder = state_folder(options)
    _check_folder(folder)
    state = BatchState.load(folder)
    if options.retry:
        _check_retry(options, folder, state)
        return
    if options.as_of:
        _check_day(parse_date(options.as_of), state, today)
    wanted = _source(options) if options.sales else ""
    if state.generated_through and state.source is not None and state.source != wanted:
        raise OptionError(
            f"{folder} holds {_describe_sales(state.source)}, not {_describe_sales(wanted)}: "
            f"choose another folder, such as STATE={folder}-2"
        )


def _check_reading(options: argparse.Namespace) -> None:
    given = [name for name in OF_OWN_SALES if getattr(options, name) not in ("", [], None)]
    if given and not options.sales:
        raise OptionError(f"--{given[0].replace('_', '-')} needs --sales: SALES=orders.csv names your files")


def _check_folder(folder: Path) -> None:
    for path in (folder, *folder.parents):
        if path.exists() and not path.is_dir():
            raise OptionError(f"{path} is a file: choose a folder, such as STATE={STATE}")


def _check_retry(options: argparse.Namespace, folder: Path, state: BatchState) -> None:
    if options.sales or options.as_of or options.campaign:
        raise OptionError("--retry resumes the failed run: give only the folder of its data")
    if not state.generated_through:
        raise OptionError(f"{folder} has no run to retry: make run starts one")


def _describe_sales(source: str) -> str:
    return f"the sales of {source}" if source else "generated sales"


def _source(options: argparse.Namespace) -> str:
    return source_of(asked_files(options.sales), options.source)


def _check_day(day: date, state: BatchState, today: date) -> None:
    after = max(today, state.last_run() or FIRST_DAY) + timedelta(days=1)
    latest = after + timedelta(days=AHEAD_DAYS)
    if not FIRST_DAY <= day <= latest:
        raise OptionError(f"--as-of {day} is out of range: choose a day from {FIRST_DAY} to {latest}")
