"""The day of a run: from the body, else from the schedule in the time zone, else today."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from orchestrator.run_requests import InvalidFieldError, Moment, TriggerBody, run_request_of
from orchestrator.settings import Settings

SETTINGS = Settings.from_environment({"WINTER_DAYS_PROJECT": "my-project"})
FAR_EAST = SETTINGS.model_copy(update={"time_zone": ZoneInfo("Pacific/Kiritimati")})  # UTC+14


@pytest.mark.parametrize(
    ("schedule_time", "settings", "as_of"),
    [
        ("2025-11-30T02:00:00Z", SETTINGS, date(2025, 11, 30)),
        ("2025-11-30T02:00:00.123456Z", SETTINGS, date(2025, 11, 30)),
        ("2025-11-30T02:00:00+02:00", SETTINGS, date(2025, 11, 30)),
        ("2025-11-30T01:00:00+02:00", SETTINGS, date(2025, 11, 29)),
        ("2025-11-30T12:00:00Z", FAR_EAST, date(2025, 12, 1)),
    ],
)
def test_the_schedule_s_day_is_the_one_in_the_time_zone(schedule_time, settings, as_of):
    request = run_request_of(TriggerBody(), TypeAdapter(Moment).validate_python(schedule_time), settings)
    assert (request.as_of, request.trigger) == (as_of, "scheduler")
    assert request.scored_at == datetime.fromisoformat(schedule_time)


def test_the_body_s_day_takes_precedence():
    body = TriggerBody(as_of="2025-10-01")
    assert run_request_of(body, datetime(2025, 11, 30, 2, tzinfo=UTC), SETTINGS).as_of == date(2025, 10, 1)


def test_without_either_it_is_today_in_the_time_zone():
    assert run_request_of(TriggerBody(), None, FAR_EAST).as_of == datetime.now(FAR_EAST.time_zone).date()
    assert run_request_of(TriggerBody(), None, FAR_EAST).trigger == "by-hand"


def test_a_future_day_is_refused_unless_the_settings_allow_it():
    body = TriggerBody(as_of=(datetime.now(UTC).date() + timedelta(days=1)).isoformat())
    with pytest.raises(InvalidFieldError, match=r"is in the future: today is .* \(UTC\)") as refused:
        run_request_of(body, None, SETTINGS)
    assert refused.value.errors()[0]["loc"] == ("body", "as_of")
    allowed = SETTINGS.model_copy(update={"allow_future_dates": True})
    assert run_request_of(body, None, allowed).as_of == body.as_of


def test_a_day_whose_features_would_be_dropped_at_once_is_refused():
    settings = SETTINGS.model_copy(update={"feature_days": 30})
    today = datetime.now(UTC).date()
    kept, dropped = (TriggerBody(as_of=(today - timedelta(days=days)).isoformat()) for days in (29, 30))
    assert run_request_of(kept, None, settings).as_of == kept.as_of
    with pytest.raises(InvalidFieldError, match="keeps features for 30 days; 0 allows any day"):
        run_request_of(dropped, None, settings)
    assert run_request_of(dropped, None, SETTINGS).as_of == dropped.as_of


@pytest.mark.parametrize(
    "text",
    ["yesterday", "20251130", "2025-11-30T02:00:00", "9999-12-31T23:00:00Z", "0001-01-01T00:00:00+14:00"],
)
def test_an_invalid_schedule_time_is_refused(client, text):
    answer = client.post("/", json={"dry_run": True}, headers={"X-CloudScheduler-ScheduleTime": text})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "X-CloudScheduler-ScheduleTime"]


def test_a_page_in_a_browser_cannot_trigger_a_run(client, vertex, day):
    answer = client.post("/", json={"as_of": day.isoformat()}, headers={"Origin": "http://elsewhere.example"})
    assert (answer.status_code, vertex.seen) == (403, [])
