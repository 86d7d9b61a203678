import json
from datetime import date, datetime, timedelta

import pytest
from google.cloud.storage import Bucket
from pydantic import ValidationError

from contracts.records import record_model
from generators import startups
from generators.defects import PER_MILLE
from generators.population import Population
from generators.startups import mondays, startups_of_day

MONDAY = date(2026, 11, 23)
SHOP = Population()


def test_every_record_keeps_the_contract() -> None:
    records = startups_of_day(SHOP, MONDAY)
    assert 100 < len(records) < 200
    assert len({record["startup_id"] for record in records}) == len(records)
    for record in records:
        startup = record_model("startup").model_validate(record)
        assert list(record) == list(record_model("startup").model_fields)
        assert startup.founded_date < MONDAY
        assert datetime.fromisoformat(startup.updated_at).date() < MONDAY


def test_startups_change_slowly_and_say_when() -> None:
    before = {record["startup_id"]: record for record in startups_of_day(SHOP, MONDAY - timedelta(days=182))}
    after = {record["startup_id"]: record for record in startups_of_day(SHOP, MONDAY)}
    changed = [name for name in before.keys() & after.keys() if before[name] != after[name]]
    assert 0 < len(changed) < 0.4 * len(before)
    for name in changed:
        assert datetime.fromisoformat(after[name]["updated_at"]) > datetime.fromisoformat(
            before[name]["updated_at"]
        )
        assert after[name]["funding_stage_score"] >= before[name]["funding_stage_score"]


def test_the_valuation_bucket_follows_from_the_valuation() -> None:
    floors = {"under_1m": 0, "1m_10m": 1e6, "10m_100m": 1e7, "100m_1b": 1e8, "over_1b": 1e9}
    for record in startups_of_day(SHOP, MONDAY):
        expected = max((name for name in floors if floors[name] <= record["valuation_usd"]), key=floors.get)
        assert record["valuation_bucket"] == expected


def test_only_mondays_are_used() -> None:
    days = [MONDAY + timedelta(days=shift) for shift in range(-7, 7)]
    assert mondays(days) == [date(2026, 11, 16), date(2026, 11, 23)]


def test_defects_break_the_contract() -> None:
    weeks = [MONDAY - timedelta(days=7 * back) for back in range(52)]
    good = [record for day in weeks for record in startups_of_day(SHOP, day)]
    spoilt = [record for day in weeks for record in startups_of_day(SHOP, day, defects=True)]
    bad = [after for before, after in zip(good, spoilt, strict=True) if before != after]
    assert len(bad) / len(good) == pytest.approx(PER_MILLE / 1000, rel=0.8)
    for record in bad:
        with pytest.raises(ValidationError):
            record_model("startup").model_validate(record)


def test_the_command_writes_only_mondays(lake: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    startups.main(["--date", "2026-11-24", "--days", "9"])
    names = [blob.name for blob in lake.list_blobs(prefix="startups/")]
    assert names == [f"startups/load_date=2026-11-{day}/startups-2000-7.jsonl" for day in (16, 23)]
    lines = lake.blob(names[1]).download_as_text().splitlines()
    assert [json.loads(line) for line in lines] == startups_of_day(SHOP, MONDAY)
    capsys.readouterr()
    startups.main(["--date", "2026-11-24"])
    assert capsys.readouterr().out == "startups: no Monday in these days\n"
