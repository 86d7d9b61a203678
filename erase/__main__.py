"""Erase customers from everything that the platform keeps; write a certificate.

This covers Firestore, the bucket's exports, rejects, clickstream and artifacts,
every table of the warehouse, and with --reports the pages on this machine.
docs/erasure.md says what is erased, what stays and for how long.

examples:
  python -m erase C-1042 --dry-run              only counts the records
  python -m erase C-1042                        asks, then erases
  python -m erase --from ids.txt --yes          several, without asking
  python -m erase C-1042 --certificate c.json   c.json and c.txt, not the bucket
  python -m erase --deleted --yes               documents deleted 30 days ago
on a laptop:
  eval "$(make up)"
  python -m erase C-1042 --reports .localcloud/demo/reports
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from components.shared.clients import bigquery_client
from components.shared.command_line import add_project, end_quietly, print_error
from components.shared.credentials import describe_error
from components.shared.errors import ArgumentsError, StepError
from components.shared.names import BUCKET, COLLECTION, DATABASE, DATASETS, LOCATION
from components.shared.retries import FAILED_CALL
from erase.certificate import certificate, now, places, table, write_to_bucket, write_to_file
from erase.data_subject import DataSubject, customers, named
from erase.erasure import Erasure
from erase.mapped import ids_in_exports
from erase.plan import Plan
from erase.platform import Platform

ERASE_AFTER_DAYS = 30
AGREED = "erase"
DECLINED = 1  # an exit code


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code, 1 or 2 with a one-line message if something failed."""
    options = _options(words)
    try:
        return _erase(options, _platform(options))
    except ArgumentsError as error:
        print_error(error)
        return 2
    except (*FAILED_CALL, OSError, StepError) as error:
        print_error(describe_error(error))
        return 1


def _erase(options: argparse.Namespace, platform: Platform) -> int:
    subject = _parse_subject(options, platform)
    erasure = Erasure(platform, subject)
    if options.dry_run or not options.yes:
        plan = erasure.look()
        if plan.is_empty and subject.ids:
            held = sum(tally.held for tally in plan.places.values())
            print(f"no such customer is known: none of {held:,} records is theirs")
            return 0
        print(_plan_table(plan))
        if options.dry_run or plan.is_empty or not _is_agreed():
            print("nothing was removed")
            return 0 if options.dry_run or plan.is_empty else DECLINED
    done = _carry_out(erasure, platform, subject, options.certificate)
    if done is None:
        print("there was nothing to erase")
        return 0
    content, written = done
    print(f"{places(content)}\neverything is erased; what the storage keeps for now is in {written}")
    return 0


def erase_deleted(platform: Platform, gone_before: datetime) -> str:
    """Erase the documents that were deleted before a given time, without printing anything.

    Returns the address of the certificate, or an empty string if there were no such documents.
    """
    subject = DataSubject(gone_before=gone_before)
    done = _carry_out(Erasure(platform, subject, tell=lambda _: None), platform, subject)
    return done[1] if done else ""


def _carry_out(
    erasure: Erasure, platform: Platform, subject: DataSubject, path: Path | None = None
) -> tuple[dict[str, Any], str] | None:
    """Erase; return the certificate and where it was written, or None if there was nothing to erase."""
    erased = erasure.run()
    if erased.plan.is_empty:
        return None
    content = certificate(platform, subject, erased, now())
    written = write_to_file(path, content) if path else write_to_bucket(erasure.bucket, content)
    erasure.close()
    return content, written


def _parse_subject(options: argparse.Namespace, platform: Platform) -> DataSubject:
    listed = _listed(options.file) if options.file else []
    if options.deleted:
        if options.customers or listed:
            raise ArgumentsError("--deleted takes no customers: run it on its own")
        return DataSubject(gone_before=now() - timedelta(days=options.erase_after_days))
    ids = sorted(ids_in_exports(named([*options.customers, *listed])))
    with bigquery_client(platform.project, platform.location) as client:
        return customers(client, platform, ids)


def _listed(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ArgumentsError(f"--from {file} cannot be read: {why}") from None


def _plan_table(plan: Plan) -> str:
    rows = ((name, tally.held, tally.theirs) for name, tally in plan.places.items())
    return table(("place", "records", "theirs"), rows)


def _is_agreed() -> bool:
    try:
        return input(f"This cannot be undone. Type {AGREED} to continue: ").strip() == AGREED
    except EOFError:  # nobody is there to answer
        return False


def _platform(options: argparse.Namespace) -> Platform:
    datasets = {name: getattr(options, f"{name}_dataset") for name in DATASETS}
    return Platform(
        project=options.project,
        location=options.location,
        bucket=options.bucket,
        database=options.database,
        collection=options.collection,
        datasets=datasets,
        reports=options.reports,
    )


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m erase", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("customers", nargs="*", metavar="CUSTOMER", help="a customer's id, as the shop knows it")
    add("--from", dest="file", type=Path, metavar="FILE", help="a file of customer ids, one per line")
    add(
        "--deleted",
        action="store_true",
        help="documents deleted long ago in Firestore, instead of customers",
    )
    add(
        "--erase-after-days",
        type=int,
        default=ERASE_AFTER_DAYS,
        metavar="DAYS",
        help="minimum age of a deletion (30)",
    )
    add("--dry-run", action="store_true", help="count, but remove nothing")
    add("--yes", action="store_true", help="do not ask")
    add("--certificate", type=Path, metavar="PATH", help="file to write (default: erasures/ in the bucket)")
    add(
        "--reports",
        type=Path,
        metavar="FOLDER",
        help="reports on this machine; those that show them are deleted",
    )
    add_project(parser, "project of the data (GOOGLE_CLOUD_PROJECT)")
    add("--location", default=LOCATION, help=f"location of BigQuery and Vertex AI ({LOCATION})")
    add("--bucket", default=BUCKET, help=f"({BUCKET})")
    add("--database", default=DATABASE, help=f"Firestore database ({DATABASE})")
    add("--collection", default=COLLECTION, help=f"({COLLECTION})")
    for name, dataset in DATASETS.items():
        add(f"--{name}-dataset", default=dataset, help=f"({dataset})")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(end_quietly(main))
