import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import pytest
from google.cloud.storage import Bucket
from pydantic import ValidationError

from contracts.records import record_model
from generators import clickstream
from generators.clickstream import events_of_day
from generators.population import Population

LAST = date(2026, 11, 23)
SHOP = Population(2000)
DAYS = [LAST - timedelta(days=back) for back in range(60)]

Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def events() -> Events:
    return [event for day in DAYS for event in events_of_day(SHOP, day)]


def test_every_event_keeps_the_contract(events: Events) -> None:
    for event in events:
        click = record_model("click").model_validate(event)
        assert list(event) == list(record_model("click").model_fields)
        assert click.event_timestamp < click.load_timestamp
    assert len({event["event_id"] for event in events}) == len(events)


def test_events_are_of_their_day_and_reproducible() -> None:
    for event in events_of_day(SHOP, LAST):
        assert event["event_timestamp"].startswith("2026-11-23T")
        assert event["load_timestamp"] == "2026-11-24T00:00:00Z"
    assert events_of_day(SHOP, LAST) == events_of_day(SHOP, LAST)


def test_the_stream_stays_small(events: Events) -> None:
    assert 3_000 < len(events) / len(DAYS) * 30 < 6_000


def test_sessions_are_whole_and_bounces_have_one_event(events: Events) -> None:
    sessions = defaultdict(list)
    for event in events:
        sessions[event["session_id"]].append(event)
    for session in sessions.values():
        assert {event["is_bounce"] for event in session} == {len(session) == 1}
        assert len({(event["customer_id"], event["device_type_category"]) for event in session}) == 1


def test_some_checkouts_are_left_unfinished(events: Events) -> None:
    reached = Counter(event["event_type"] for event in events)
    steps = [reached[step] for step in ("page_view", "product_view", "add_to_cart", "checkout", "purchase")]
    assert steps == sorted(set(steps), reverse=True)


def test_some_visitors_are_anonymous_and_the_rest_are_customers(events: Events) -> None:
    known = {event["customer_id"] for event in events} - {None}
    anonymous = sum(event["customer_id"] is None for event in events)
    assert 0.1 < anonymous / len(events) < 0.3
    alive = {SHOP.customer_id(int(number)) for day in DAYS for number in SHOP.living(day).number}
    assert known <= alive


def test_visits_come_more_often_before_a_purchase(events: Events) -> None:
    visitors = defaultdict(set)
    for event in events:
        visitors[event["event_timestamp"][:10]].add(event["customer_id"])
    shares = {}
    for back in (1, 12):
        came = [
            SHOP.customer_id(int(number)) in visitors[str(day - timedelta(days=back))]
            for day in DAYS[:40]
            for number in SHOP.purchases(day).number
        ]
        shares[back] = sum(came) / len(came)
    assert shares[1] > 1.5 * shares[12], shares


def test_defects_are_few_and_break_the_contract(events: Events) -> None:
    spoilt = [event for day in DAYS for event in events_of_day(SHOP, day, defects=True)]
    bad = [after for before, after in zip(events, spoilt, strict=True) if before != after]
    assert 0 < len(bad) / len(events) < 0.005
    for event in bad:
        with pytest.raises(ValidationError):
            record_model("click").model_validate(event)


def test_the_command_writes_one_object_per_day_once(lake: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--date", "2026-11-23", "--days", "3", "--customers", "300"]
    clickstream.main(words)
    blobs = {blob.name: blob for blob in lake.list_blobs(prefix="clickstream/")}
    assert list(blobs) == [f"clickstream/load_date=2026-11-{day}/events-300-7.jsonl" for day in (21, 22, 23)]
    lines = blobs["clickstream/load_date=2026-11-22/events-300-7.jsonl"].download_as_text().splitlines()
    assert [json.loads(line) for line in lines] == events_of_day(Population(300), date(2026, 11, 22))
    capsys.readouterr()
    clickstream.main(["--date", "2026-11-24", "--days", "2", "--customers", "300"])
    assert "in 1 new objects; 1 objects already existed and were kept" in capsys.readouterr().out
    generations = {blob.name: blob.generation for blob in lake.list_blobs(prefix="clickstream/")}
    assert {name: generations[name] for name in blobs} == {name: b.generation for name, b in blobs.items()}
