"""The bodies of requests and answers."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

LONGEST_DATE = len("YYYY-MM-DD")


def _iso_date(value: Any) -> date:
    if not (isinstance(value, str) and len(value) == LONGEST_DATE):
        raise ValueError("write it as YYYY-MM-DD, such as 2025-11-30")
    return date.fromisoformat(value)


type Day = Annotated[date, BeforeValidator(_iso_date)]


class TriggerBody(BaseModel):
    """What may be said about a run; an empty body means the day of the schedule, or today."""

    model_config = ConfigDict(extra="forbid")

    as_of: Day | None = Field(default=None, description="use only what happened before this day")
    parameters: dict[str, Any] = Field(
        default={}, description="of the pipeline, other than those that are always set"
    )
    dry_run: StrictBool = Field(default=False, description="check and answer, but submit nothing")
    rerun: StrictBool = Field(default=False, description="a new attempt, also when the day has a run")


class BackfillBody(BaseModel):
    """The days to run, both included."""

    model_config = ConfigDict(extra="forbid")

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")


class Run(BaseModel):
    """A run as Vertex knows it; state is a PipelineState of Vertex's, times are UTC."""

    id: str
    name: str
    state: str
    as_of: date | None = Field(description="of runs that the orchestrator submitted")
    attempt: int
    trigger: str
    console: str
    spec: str = Field(
        description="the compiled pipeline that it runs; ? is one digit, as gcloud storage reads it"
    )
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: str = ""


class TriggeredRun(Run):
    """The run of a trigger: a new one, or (created is false) the one that an earlier trigger made."""

    created: bool
    dry_run: bool = False
    parameters: dict[str, Any]


class RunList(BaseModel):
    """Runs, the newest first; next_page_token is empty on the last page."""

    runs: list[Run]
    next_page_token: str


class Backfill(BaseModel):
    """The days of a backfill: the runs just submitted, those that were there, and the days still to come."""

    submitted: list[Run]
    existing: list[Run]
    waiting: list[date]
