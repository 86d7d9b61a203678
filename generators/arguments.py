"""The command line that the generators share."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from google.auth.exceptions import GoogleAuthError

from components.shared import names
from components.shared.command_line import add_project, end_quietly
from components.shared.credentials import describe_error
from components.shared.retries import FAILED_CALL
from generators.firestore_writer import WritesFailedError

DEFAULT_OPS_PER_SECOND = 10_000


def whole_number(text: str) -> int:
    """Parse a whole number of at least one."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def iso_date(text: str) -> date:
    """Parse a date written as 2026-11-23."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-11-23") from None


def add_days(parser: argparse.ArgumentParser) -> None:
    """Add the days to generate, and the population."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    parser.add_argument("--date", type=iso_date, default=yesterday, help="the last day (yesterday, UTC)")
    parser.add_argument("--days", type=whole_number, default=1, help="number of days, ending with --date (1)")
    parser.add_argument(
        "--customers", type=whole_number, default=2000, help="active customers on a day (2000)"
    )
    parser.add_argument(
        "--seed", type=whole_number, default=7, help="another seed generates another shop (7)"
    )
    parser.add_argument("--defects", action="store_true", help="make two rows in a thousand malformed")


def add_firestore(parser: argparse.ArgumentParser) -> None:
    """Add the Firestore collection to write to, and the rate."""
    add_project(parser, "Google Cloud project (GOOGLE_CLOUD_PROJECT)")
    parser.add_argument("--database", default=names.DATABASE, help="Firestore database (%(default)s)")
    parser.add_argument("--collection", default=names.COLLECTION, help="Firestore collection (%(default)s)")
    parser.add_argument(
        "--max-ops-per-second",
        type=whole_number,
        default=DEFAULT_OPS_PER_SECOND,
        help="write rate limit (%(default)s); 500 for a large first load into a new cloud collection",
    )


def add_bucket(parser: argparse.ArgumentParser) -> None:
    """Add the bucket to write to."""
    add_project(parser, "Google Cloud project (GOOGLE_CLOUD_PROJECT)")
    parser.add_argument("--bucket", default=names.BUCKET, help="Cloud Storage bucket (%(default)s)")


def parse(parser: argparse.ArgumentParser, words: list[str] | None) -> argparse.Namespace:
    """Return the options; the examples at the end of --help keep their line breaks."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    return parser.parse_args(words)


def span(options: argparse.Namespace) -> tuple[date, date]:
    """Return the first and the last day that the options ask for."""
    return options.date - timedelta(days=options.days - 1), options.date


def days(options: argparse.Namespace) -> list[date]:
    """Return all days that the options ask for, in order."""
    return [options.date - timedelta(days=back) for back in range(options.days - 1, -1, -1)]


def variant(name: str, options: argparse.Namespace) -> str:
    """Return a file name that distinguishes the settings with which a day's rows are generated."""
    return f"{name}-{options.customers}-{options.seed}" + ("-defects" if options.defects else "")


def run(main: Callable[[], None]) -> None:
    """Run a generator; if a service refuses, print one line on stderr and return exit code 1."""
    try:
        sys.exit(end_quietly(main))
    except (WritesFailedError, *FAILED_CALL) as error:
        words = describe_error(error) if isinstance(error, GoogleAuthError) else str(error)
        sys.exit("error: " + " ".join(words.split()))
