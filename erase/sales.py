"""The exports of sales in the bucket: Parquet files of versions, the indexes, the manifests, the rejects."""

from collections.abc import Mapping
from itertools import groupby

from google.cloud.storage import Bucket

from components.export_sales import unfinished
from erase import indexes, manifests, rejects, sale_files
from erase.data_subject import DataSubject, Search
from erase.plan import Plan, Tally
from erase.versions import Row, judge


def look(bucket: Bucket, subject: DataSubject, documents: set[str], plan: Plan) -> DataSubject:
    """Add to the plan what is to be erased from the exports; documents are those known to be theirs.

    Returns what is then known of the people.
    """
    published = manifests.published_manifests(bucket)
    subject, candidates = _candidates(bucket, subject, documents)
    held, rows = sale_files.rows_of(bucket, subject, candidates)
    order = {each.export.manifest.export_id: place for place, each in enumerate(published)}
    histories = _histories([row for _, row in rows], order)
    verdict = judge(histories, subject.gone_before)
    going = {(name, row) for name, row in rows if verdict.less(row) != row}
    plan.places[f"{sale_files.FOLDER}/"] = Tally(held=held, theirs=len(going))
    plan.objects |= {name for name, _ in going}
    plan.documents |= verdict.documents
    plan.blanked |= verdict.blanked
    plan.gone |= verdict.gone
    manifests.look(published, histories, verdict, plan)
    indexes.look(bucket, plan)
    rejects.look(bucket, subject, plan)
    return subject


def remove(bucket: Bucket, subject: DataSubject, plan: Plan) -> None:
    """Carry out the plan, leaving what is already done as it is.

    Unpublished shards are discarded and must start again, since they read data from before the erasure.
    """
    unfinished.discard(bucket)
    sale_files.remove(bucket, subject, plan)
    indexes.remove(bucket, plan)
    manifests.correct(bucket, plan)
    rejects.remove(bucket, subject, plan)


def _candidates(bucket: Bucket, subject: DataSubject, documents: set[str]) -> tuple[DataSubject, set[str]]:
    """Return what is then known of the people, and the documents that may be theirs."""
    search: Search[str] = Search(subject)
    for record in rejects.records(bucket):
        search.add(*record)
    gone = set()
    for _, row in sale_files.rows(bucket):
        if subject.gone_before is None:
            search.add(row["document_id"], row["customer_id"], row["contact_email_hashed"])
        elif row["is_deleted"] and row["known_from"] < subject.gone_before:
            gone.add(row["document_id"])
    subject, found = search.end()
    return subject, documents | gone | set(found)


def _histories(rows: list[Row], order: Mapping[str, int]) -> list[list[Row]]:
    """Return each document's rows in the order of their exports; rows of unpublished exports come last."""
    rows = sorted(
        rows, key=lambda row: (row.document_id, order.get(row.export_id, len(order)), row.export_id)
    )
    return [list(group) for _, group in groupby(rows, key=lambda row: row.document_id)]
