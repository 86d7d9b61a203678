"""An export in shards: planned at one read_time, read by parallel tasks, published by export_sales.

A shard is what lies between two cursors of Firestore's PartitionQuery. It writes its Parquet files and its
part of the index, and marks itself as done; nothing reads them without a manifest. A rerun of the day resumes
the plan as long as Firestore still has its read_time: finished shards are kept.
"""

import uuid
from collections.abc import Sequence
from math import ceil

from components.export_sales import unfinished
from components.export_sales.attempt import Base, refuse_future_day
from components.export_sales.manifest import Manifest
from components.export_sales.request import ExportRequest
from components.export_sales.sales_source import SalesSource, open_source
from components.export_sales.unfinished import Part, Plan
from components.shared.defaults import DOCUMENTS_A_SHARD
from components.shared.errors import StepError
from components.shared.logs import log
from components.shared.retries import retry_transient


@retry_transient
def plan_export(
    request: ExportRequest, most_shards: int, documents_a_shard: int = DOCUMENTS_A_SHARD
) -> tuple[Plan | None, int]:
    """Make a plan if everything must be read and exceeds one shard; otherwise return None.

    Returns the plan with the number of documents that Firestore bills for it. A plan under way is kept.
    """
    base = request.base()
    if base.is_over:
        return None, 0
    source = open_source(base, request.place())
    refuse_future_day(base.day, source.moment)
    plan = (
        _plan_shards(request, base, source, most_shards, documents_a_shard) if source.is_in_shards else None
    )
    if plan is None:
        unfinished.discard(base.lake)
    return plan, source.documents_read


def _plan_shards(
    request: ExportRequest, base: Base, source: SalesSource, most_shards: int, documents_a_shard: int
) -> Plan | None:
    under_way = unfinished.read_plan(base.lake)
    if under_way and _is_of(under_way, request, base, source) and under_way.is_fresh(source.moment):
        log("INFO", f"the export of {base.day} continues with {len(under_way.spans)} shards as planned")
        return under_way
    documents = source.snapshot.count()
    shards = min(most_shards, ceil(documents / documents_a_shard))
    cursors = source.snapshot.cursors(shards - 1) if shards > 1 else []
    if not cursors:
        return None
    unfinished.discard(base.lake)
    plan = Plan(
        export_id=uuid.uuid4().hex,
        day=base.day,
        base=_newest(base),
        source_fingerprint=_fingerprint(request, source),
        read_time=source.moment,
        documents=documents,
        full_pass=source.why_full(),
        cursors=cursors,
    )
    unfinished.write_plan(base.lake, plan)
    log("INFO", f"{documents:,} documents are exported in {len(plan.spans)} shards")
    return plan


@retry_transient
def export_shard(request: ExportRequest, shard: int) -> tuple[Part, int]:
    """Write a shard's files, its part of the index and its mark to the bucket, unless it is done.

    Returns its part, and the number of documents that Firestore bills for it.
    """
    base = request.base()
    plan = unfinished.read_plan(base.lake)
    if plan is None:
        raise _invalid_plan_error(request)
    if done := unfinished.read_part(base.lake, plan, shard):
        log("INFO", f"shard {shard} of {len(plan.spans)} is already done")
        return done, 0
    source = open_source(base, request.place(), plan.read_time)
    if not _is_of(plan, request, base, source):
        raise _invalid_plan_error(request)
    part = source.attempt_at_all(plan.spans[shard]).export_part(plan, shard)
    unfinished.write_part(base.lake, plan, shard, part)
    return part, source.documents_read


def publish_shards(request: ExportRequest, base: Base) -> tuple[Manifest, str] | None:
    """Publish what the shards wrote; return the manifest and why everything was read; None without a plan.

    Raises StepError if a shard has not ended, or if together they have not read everything.
    """
    plan = unfinished.read_plan(base.lake)
    if plan is None:
        return None
    source = open_source(base, request.place(), plan.read_time)
    if base.newest and base.newest.export_id == plan.export_id:  # an earlier attempt ended after its manifest
        manifest = base.newest
    elif _is_of(plan, request, base, source):
        parts = unfinished.parts_of(base.lake, plan)
        _reconcile(base, plan, parts)
        manifest = source.attempt_at_all().export(plan, parts)
    else:
        raise _invalid_plan_error(request)
    unfinished.discard(base.lake, kept=manifest.export_id)
    return manifest, plan.full_pass


def _reconcile(base: Base, plan: Plan, parts: Sequence[Part]) -> None:
    looked_at = sum(part.documents for part in parts)
    if looked_at != plan.documents:
        unfinished.discard(base.lake)
        raise StepError(
            f"{len(parts)} shards read {looked_at:,} documents, but count() found {plan.documents:,} "
            "at the same time: nothing was published. Run the day again, which starts over"
        )


def _is_of(plan: Plan, request: ExportRequest, base: Base, source: SalesSource) -> bool:
    same_base = (plan.day, plan.base) == (base.day, _newest(base))
    return same_base and plan.source_fingerprint == _fingerprint(request, source)


def _fingerprint(request: ExportRequest, source: SalesSource) -> dict[str, str]:
    return source.fingerprint() | {"project": request.project, "database": request.database}


def _newest(base: Base) -> str:
    return base.newest.export_id if base.newest else ""


def _invalid_plan_error(request: ExportRequest) -> StepError:
    return StepError(
        f"the shard plan of this export of {request.as_of} is no longer valid: run the day again"
    )
