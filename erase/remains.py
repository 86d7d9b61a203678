"""What the storage itself still keeps of the erased data, until when, and how to end that early.

The days are those of infra/, which a test checks, or Google's defaults.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from erase.platform import Platform

NONCURRENT_DAYS = 30  # infra/storage.tf
SOFT_DELETE_DAYS = 7  # infra/storage.tf
TIME_TRAVEL_DAYS = 7  # BigQuery's default; infra/warehouse.tf sets no other
FAIL_SAFE_DAYS = 7  # BigQuery's, which cannot be shortened
QUERY_RESULT_DAYS = 1
JOB_DAYS = 180
RECOVERY_DAYS = 7  # infra/firestore.tf enables point-in-time recovery


@dataclass(frozen=True)
class Remainder:
    """What still exists and where, until which day, and the command that ends it, or why there is none."""

    what: str
    until: date
    command: str


def remainders(platform: Platform, today: date, objects: int, source: str = "") -> Iterator[Remainder]:
    """Yield what remains after an erasure today that rewrote or deleted this many objects.

    source is where sales are read from and their owner has to erase them, if they are not this project's.
    """
    if source:
        yield Remainder(
            f"the records of {source}, which belong to its owner, not this project; "
            "the next export reads them again",
            today,
            "none of ours: have its owner delete them, before the next run of the batch",
        )
    if objects:
        yield from _of_bucket(platform, today)
    yield from _of_bigquery(platform, today)
    if not source:
        yield from _of_firestore(platform, today)


def _of_bucket(platform: Platform, today: date) -> Iterator[Remainder]:
    yield Remainder(
        "noncurrent versions in the bucket of the objects that were rewritten or deleted",
        today + timedelta(NONCURRENT_DAYS),
        f"jq -r '.objects[] | \"gs://{platform.bucket}/\" + .' CERTIFICATE.json"
        " | gcloud storage rm --read-paths-from-stdin",
    )
    yield Remainder(
        "the same, soft-deleted once they are no longer noncurrent",
        today + timedelta(NONCURRENT_DAYS + SOFT_DELETE_DAYS),
        f"gcloud storage buckets update gs://{platform.bucket} --clear-soft-delete"
        f"  (before the command above; then make it {SOFT_DELETE_DAYS} days again: make deploy STEP=apply)",
    )


def _of_bigquery(platform: Platform, today: date) -> Iterator[Remainder]:
    names = [platform.datasets[name] for name in ("staging", "warehouse", "features")]
    shorter = "; ".join(f"bq update --max_time_travel_hours=48 {platform.project}:{name}" for name in names)
    yield Remainder(
        "the rows of tables, in BigQuery's time travel",
        today + timedelta(TIME_TRAVEL_DAYS),
        f"{shorter}  (two days are the minimum; set 168 again afterwards)",
    )
    yield Remainder(
        "the same in BigQuery's fail-safe storage, which only Google restores from",
        today + timedelta(TIME_TRAVEL_DAYS + FAIL_SAFE_DAYS),
        "none: it ends seven days after the time travel",
    )
    yield Remainder(
        "results of earlier queries, in BigQuery's cache",
        today + timedelta(QUERY_RESULT_DAYS),
        "none: they expire within a day",
    )
    yield Remainder(
        "the ids and pseudonyms as parameters of this erasure's own queries, in the history of jobs",
        today + timedelta(JOB_DAYS),
        f"bq ls -j -n 1000 {platform.project}, then bq rm -j --location={platform.location} JOB",
    )


def _of_firestore(platform: Platform, today: date) -> Iterator[Remainder]:
    yield Remainder(
        "the documents, in Firestore's point-in-time recovery",
        today + timedelta(RECOVERY_DAYS),
        f"gcloud firestore databases update --database='{platform.database}' --no-enable-pitr"
        "  (data older than an hour can then no longer be read; afterwards --enable-pitr again)",
    )
    yield Remainder(
        "the documents, in backups of Firestore, if any are scheduled: infra/ schedules none",
        today,
        f"gcloud firestore backups list --project={platform.project}"
        ", then gcloud firestore backups delete BACKUP",
    )
