"""What may be requested of the orchestrator, and the run that a trigger asks for, checked on arrival."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi.exceptions import RequestValidationError
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from orchestrator.settings import Settings

RESERVED = ("as_of", "run_id", "scored_at", "project", "location", "bucket", "dataform_service_account")
TYPES: dict[str, TypeAdapter[Any]] = {
    "STRING": TypeAdapter(Annotated[str, Field(max_length=10_000)]),
    "NUMBER_INTEGER": TypeAdapter(Annotated[int, Field(gt=-(2**53), lt=2**53)]),  # Vertex AI only has doubles
    "NUMBER_DOUBLE": TypeAdapter(Annotated[float, Field(allow_inf_nan=False)]),
    "BOOLEAN": TypeAdapter(bool),
    "LIST": TypeAdapter(list[Any]),
    "STRUCT": TypeAdapter(dict[str, Any]),
}
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)  # between these, a time has a date in every time zone
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
BY_HAND = "by-hand"  # a value of the label that says what triggered a run
LONGEST_DATE = len("YYYY-MM-DD")


def _iso_date(value: Any) -> date:
    if not (isinstance(value, str) and len(value) == LONGEST_DATE):
        raise ValueError("write it as YYYY-MM-DD, such as 2025-11-30")
    return date.fromisoformat(value)


type Day = Annotated[date, BeforeValidator(_iso_date)]
type Parameters = dict[str, Any]
type Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST), BeforeValidator(datetime.fromisoformat)]


class TriggerBody(BaseModel):
    """The options of a run; an empty body means the scheduled day, or today."""

    model_config = ConfigDict(extra="forbid", strict=True)

    as_of: Day | None = Field(default=None, description="use only what happened before this day")
    parameters: dict[str, Any] = Field(
        default={}, description="parameters of the pipeline, except those that are always set"
    )
    dry_run: bool = Field(default=False, description="check and respond, but submit nothing")
    rerun: bool = Field(default=False, description="start a new attempt even if the day has a run")


class BackfillBody(BaseModel):
    """The days to run, both included."""

    model_config = ConfigDict(extra="forbid")

    first: Day = Field(alias="from")
    last: Day = Field(alias="to")


class InvalidFieldError(RequestValidationError):
    """A field of a request is invalid: its place, such as ("body", "as_of"), and what is wrong with it."""

    def __init__(self, location: tuple[str, ...], message: str) -> None:
        """Take the place and the message."""
        super().__init__([{"loc": location, "msg": message, "type": "value_error"}])


@dataclass(frozen=True)
class RunRequest:
    """A run to submit: it uses only what happened before as_of; its predictions are stamped scored_at."""

    as_of: date
    scored_at: datetime
    trigger: str
    parameters: Parameters
    rerun: bool = False


def run_request_of(body: TriggerBody, scheduled: datetime | None, settings: Settings) -> RunRequest:
    """Return the run of a trigger: for the body's as_of, or else the schedule's day, or else today.

    A scheduled time's day is in the settings' time zone: 02:00 on day D means as_of D.
    """
    moment = scheduled or datetime.now(UTC)
    as_of = body.as_of or moment.astimezone(settings.time_zone).date()
    if body.as_of:
        refuse_future(body.as_of, settings, ("body", "as_of"))
        refuse_expired(body.as_of, settings, ("body", "as_of"))
    trigger = "scheduler" if scheduled else BY_HAND
    return RunRequest(as_of, moment.astimezone(UTC), trigger, body.parameters, body.rerun)


def refuse_future(day: date, settings: Settings, location: tuple[str, ...]) -> None:
    """Raise InvalidFieldError for a future day: its run would take the place of the scheduled one."""
    today = datetime.now(settings.time_zone).date()
    if day > today and not settings.allow_future_dates:
        raise InvalidFieldError(location, f"is in the future: today is {today} ({settings.time_zone})")


def refuse_expired(day: date, settings: Settings, location: tuple[str, ...]) -> None:
    """Raise InvalidFieldError for a day whose features BigQuery would drop as soon as written."""
    oldest = datetime.now(settings.time_zone).date() - timedelta(days=settings.feature_days - 1)
    if settings.feature_days and day < oldest:
        keeping = f"feature_days keeps features for {settings.feature_days} days"
        raise InvalidFieldError(location, f"is before {oldest}: {keeping}; 0 allows any day")


def check_parameters(given: Parameters, definitions: Parameters) -> None:
    """Raise InvalidFieldError for a parameter that a trigger may not set, or not to that value."""
    for name, fault in parameter_faults(given, definitions):
        raise InvalidFieldError(("body", "parameters", name), fault)


def parameter_faults(given: Parameters, definitions: Parameters) -> Iterator[tuple[str, str]]:
    """Yield name and fault of each parameter that is unknown, reserved, or of the wrong type."""
    settable = definitions.keys() - set(RESERVED)
    for name, value in given.items():
        if name not in settable:
            beside = ", and as_of beside parameters" if name == "as_of" else ""
            yield name, f"cannot be set: choose from {', '.join(sorted(settable))}{beside}"
        elif fault := _type_fault(value, definitions[name]["parameterType"]):
            yield name, fault


def explain_misplaced(fault: dict[str, Any], definitions: Parameters) -> dict[str, Any]:
    """Return a fault of a request's body; for a parameter outside `parameters`, it says where it belongs."""
    name = fault["loc"][-1]
    if fault["type"] != "extra_forbidden" or name not in definitions.keys() - set(RESERVED):
        return fault
    written = json.dumps({"parameters": {name: fault["input"]}})[:200]
    return fault | {"msg": f"belongs under parameters, like {written}"}


def _type_fault(value: Any, parameter_type: str) -> str:
    try:
        TYPES[parameter_type].validate_python(value, strict=True)
    except ValidationError as error:
        return f"{error.errors(include_input=False)[0]['msg']}, not {json.dumps(value)[:100]}"
    return ""
