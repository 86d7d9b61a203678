"""What a trigger asks for: the day that the run is for, and what else the edge decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from orchestrator.errors import InvalidFieldError
from orchestrator.schemas import TriggerBody
from orchestrator.settings import Settings

SCHEDULE_TIME = "X-CloudScheduler-ScheduleTime"


@dataclass(frozen=True)
class Order:
    """A run to submit: it uses only what happened before as_of; its predictions bear scored_at."""

    as_of: date
    scored_at: datetime
    trigger: str
    parameters: Mapping[str, Any]
    rerun: bool = False


def order_of(body: TriggerBody, schedule_time: str | None, settings: Settings) -> Order:
    """Return what a trigger asks for. The body's as_of counts first, then the schedule's day, then today.

    The day of a schedule's time is the one in the settings' time zone: 02:00 on day D means as_of D.
    """
    now = datetime.now(UTC)
    scheduled = _moment(schedule_time) if schedule_time else None
    as_of = body.as_of or _day(scheduled or now, settings)
    if body.as_of:
        refuse_future(body.as_of, settings, ("body", "as_of"))
    trigger = "scheduler" if scheduled else "request"
    return Order(as_of, scheduled or now, trigger, body.parameters, body.rerun)


def refuse_future(day: date, settings: Settings, location: tuple[str, ...]) -> None:
    """Raise InvalidFieldError for a day to come: its run would take the place of the scheduled one."""
    today = _day(datetime.now(UTC), settings)
    if day > today and not settings.allow_future_dates:
        raise InvalidFieldError(location, f"lies in the future: today is {today} ({settings.time_zone})")


def _day(moment: datetime, settings: Settings) -> date:
    try:
        return moment.astimezone(settings.time_zone).date()
    except OverflowError:
        raise InvalidFieldError(("header", SCHEDULE_TIME), f"{moment} is out of range") from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        message = "must be a time such as 2025-11-30T02:00:00Z"
        raise InvalidFieldError(("header", SCHEDULE_TIME), message) from None
