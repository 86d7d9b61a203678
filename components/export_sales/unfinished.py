"""An unpublished export in shards: its plan, and what each shard has written so far.

All of it is in one folder of the indexes, which an erasure empties: otherwise an earlier plan would bring
back what was erased.
"""

from datetime import date, datetime, timedelta
from typing import Annotated

from google.api_core.exceptions import NotFound
from google.cloud.storage import Bucket
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from components.export_sales import index
from components.export_sales.counts import PassCounts, VersionCounts
from components.export_sales.manifest import FILES
from components.export_sales.spans import Span
from components.shared.errors import StepError
from components.shared.logs import log

PLAN = f"{index.UNFINISHED}plan.json"
GOES_ON = timedelta(minutes=30)  # which leaves other shards as long again of the hour that Firestore keeps


class Plan(BaseModel):
    """What the shards of an export read: at one read_time, the spans between the ids of cursors.

    It builds on the export base, "" if there is none; documents is how many count() found at that time,
    and full_pass says why all of them are read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

    export_id: Annotated[str, Field(min_length=1)]
    day: date
    base: str
    source_fingerprint: dict[str, str] = Field(validation_alias="asked", serialization_alias="asked")
    read_time: datetime
    documents: NonNegativeInt
    full_pass: str
    cursors: Annotated[list[str], Field(min_length=1)]

    @property
    def spans(self) -> list[Span]:
        """The span of each shard."""
        return Span.between(self.cursors)

    @property
    def folder(self) -> str:
        """The folder that its shards write to."""
        return f"{index.UNFINISHED}{self.export_id}/"

    @property
    def files(self) -> str:
        """The prefix of its Parquet files."""
        return f"{FILES}/export_date={self.day}/{self.export_id}-"

    def is_fresh(self, now: datetime) -> bool:
        """Return whether unfinished shards can still be read."""
        return timedelta() <= now - self.read_time <= GOES_ON


class Part(BaseModel):
    """What a shard found and wrote: its counts, files, rejects, earliest sale, and part of the index.

    left_out counts the documents left out for each reason.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    counts: VersionCounts
    looked: PassCounts
    left_out: dict[str, int]
    rows: NonNegativeInt
    files: list[str]
    rejected: NonNegativeInt
    rejects_name: str
    first_rejects: list[str]
    first_sold: int | None
    index: str

    @property
    def documents(self) -> int:
        """The number of documents in the shard."""
        return self.looked.looked_at


def read_plan(bucket: Bucket) -> Plan | None:
    """Return the plan of the export under way; log a warning and return None if it cannot be read."""
    try:
        return Plan.model_validate_json(bucket.blob(PLAN).download_as_bytes())
    except NotFound:
        return None
    except ValidationError as error:
        log("WARNING", f"gs://{bucket.name}/{PLAN} is not a valid plan, and is ignored: {error}")
        return None


def write_plan(bucket: Bucket, plan: Plan) -> None:
    """Store a plan, replacing any other."""
    bucket.blob(PLAN).upload_from_string(plan.model_dump_json(), content_type="application/json")


def write_part(bucket: Bucket, plan: Plan, shard: int, part: Part) -> None:
    """Mark a shard as done, once all that it wrote is there."""
    text = part.model_dump_json(by_alias=True, exclude_defaults=True)
    bucket.blob(_part_name(plan, shard)).upload_from_string(text, content_type="application/json")


def parts_of(bucket: Bucket, plan: Plan) -> list[Part]:
    """Return what the shards wrote; raise StepError if one has not ended."""
    parts = [(shard, read_part(bucket, plan, shard)) for shard in range(len(plan.spans))]
    if missing := [shard for shard, part in parts if part is None]:
        raise StepError(
            f"unfinished shards of the export's {len(parts)}: {missing}. Run the day again: "
            f"within {GOES_ON.seconds // 60} minutes of {plan.read_time.isoformat()} only they are repeated"
        )
    return [part for _, part in parts if part]


def read_part(bucket: Bucket, plan: Plan, shard: int) -> Part | None:
    """Return what a shard wrote, None unless it is complete; a log line reports a damaged description."""
    name = _part_name(plan, shard)
    try:
        part = Part.model_validate_json(bucket.blob(name).download_as_bytes())
    except NotFound:
        return None
    except ValidationError as error:
        log("WARNING", f"gs://{bucket.name}/{name} does not describe a shard, which is redone: {error}")
        return None
    files = {blob.name for blob in bucket.list_blobs(prefix=shard_files(plan, shard))}
    return part if files.issuperset(part.files) and bucket.blob(part.index).exists() else None


def discard(bucket: Bucket, kept: str = "") -> None:
    """Delete the plan and what its shards wrote, except the files of kept, which is published."""
    plan = read_plan(bucket)
    if plan and plan.export_id != kept:
        _delete(bucket, plan.files)
    _delete(bucket, index.UNFINISHED)


def shard_files(plan: Plan, shard: int) -> str:
    """Return the prefix of a shard's files."""
    return f"{plan.files}{shard:05}-"


def index_name(plan: Plan, shard: int) -> str:
    """Return the name of the object that lists a shard's documents."""
    return f"{plan.folder}{shard:05}.parquet"


def _part_name(plan: Plan, shard: int) -> str:
    return f"{plan.folder}{shard:05}.json"


def _delete(bucket: Bucket, prefix: str) -> None:
    """Delete objects in the order of their names, so that the plan goes last in its folder."""
    for blob in bucket.list_blobs(prefix=prefix):
        blob.delete()
