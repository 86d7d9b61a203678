"""The alerts count the very lines that the steps print."""

import json
import re
from dataclasses import fields

import pytest

from components.export_sales.step import ExportSummary
from components.record_run import step as record_run
from components.shared import run_record

TERM = re.compile(r'([\w.]+)(=~|=|>)(".*?(?<!\\)"|\d+)')


def matches(text, entry):
    """Say whether a log entry passes a filter, of the few forms that ours have."""
    terms = text.split(" AND ")
    found = [TERM.fullmatch(term) for term in terms]
    assert all(found), f"{text} has a form that this test does not know"
    return all(_holds(entry, *each.groups()) for each in found)


def _holds(entry, path, operator, written):
    value = entry
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    wanted = json.loads(written)
    if value is None:
        return False
    if operator == "=~":
        return re.search(wanted, value) is not None
    return value == wanted if operator == "=" else value > wanted


@pytest.fixture
def counted(applied):
    """Give the signals that a line of a step would count for."""

    def signals(line):
        entry = {"resource": {"type": "ml_job"}, "jsonPayload": json.loads(line)}
        metrics = applied.of("google_logging_metric")
        return {
            each["name"].removeprefix("winter-days/") for each in metrics if matches(each["filter"], entry)
        }

    return signals


@pytest.fixture
def run_line(monkeypatch, capsys):
    def ended(state):
        monkeypatch.setattr(record_run, "read_records", lambda *_: [])
        monkeypatch.setattr(record_run, "bigquery_client", lambda *_: None)
        monkeypatch.setattr(record_run, "run_query", lambda *_: None)
        record_run.run(
            project="p", location="l", bucket="b", warehouse_dataset="w", as_of="2026-11-24",
            run_id="customer-churn-20261124-r2", scored_at="", state=state, error="",
        )  # fmt: skip
        return capsys.readouterr().out

    return ended


@pytest.fixture
def export_line(monkeypatch, capsys):
    def ended(**counts):
        assert counts.keys() <= {field.name for field in fields(ExportSummary)}
        monkeypatch.setattr(run_record, "storage_client", lambda _: _Nowhere())
        with run_record.step_record("p", "b", "run", "export_sales") as kept:
            kept.update(counts)
        return capsys.readouterr().out.splitlines()[-1]

    return ended


class _Nowhere:
    def bucket(self, _):
        return self

    def blob(self, _):
        return self

    def upload_from_string(self, *_, **__):
        pass


@pytest.mark.parametrize(
    ("state", "signals"),
    [
        ("SUCCEEDED", {"run_succeeded"}),
        ("SUCCEEDED_WITH_WARNINGS", {"run_succeeded", "run_warned"}),
        ("FAILED", {"run_failed"}),
        ("CANCELLED", {"run_failed"}),
    ],
)
def test_the_end_of_a_run_is_counted(counted, run_line, state, signals):
    assert counted(run_line(state)) == signals


@pytest.mark.parametrize(
    ("counts", "signals"),
    [
        ({"rows": 5, "day_rows": 5, "rejects": 0}, set()),
        ({"rows": 5, "day_rows": 5, "rejects": 100}, set()),
        ({"rows": 5, "day_rows": 5, "rejects": 101}, {"rejects"}),
        ({"rows": 0, "day_rows": 5, "rejects": 0}, set()),  # a day run again
        ({"rows": 0, "day_rows": 0, "rejects": 0}, {"stale_data"}),
    ],
)
def test_an_export_is_counted_by_what_it_found(counted, export_line, counts, signals):
    assert counted(export_line(**counts)) == signals


def test_each_alert_reads_its_metric(applied):
    signals = {each["name"] for each in applied.of("google_logging_metric")}
    logged = {f"logging.googleapis.com/user/{name}": "ml_job" for name in signals}
    read = {}
    for policy in policies(applied):
        [threshold] = policy["conditions"][0]["condition_threshold"]
        terms = {path: json.loads(wanted) for path, _, wanted in TERM.findall(threshold["filter"])}
        read[terms.pop("metric.type")] = terms.pop("resource.type")
        assert terms in ({}, {"metric.labels.result": "failed"})
        assert bool(terms) == (policy["display_name"] == "A generator failed")
    assert read == {"run.googleapis.com/job/completed_execution_count": "cloud_run_job", **logged}
    assert len(signals) == 5


def policies(applied):
    return applied.of("google_monitoring_alert_policy")


def test_one_line_is_enough_but_of_success_none_for_26_hours(applied):
    found = {}
    for policy in policies(applied):
        [threshold] = policy["conditions"][0]["condition_threshold"]
        metric = re.search(r'/(\w+)" AND', threshold["filter"])[1]
        window = int(threshold["aggregations"][0]["alignment_period"].removesuffix("s"))
        hours = (window + int(threshold["duration"].removesuffix("s"))) / 3600
        found[metric] = (
            threshold["comparison"],
            threshold["threshold_value"],
            threshold["evaluation_missing_data"],
        )
        if metric == "run_succeeded":
            assert hours == 26
    inactive = ("COMPARISON_GT", 0, "EVALUATION_MISSING_DATA_INACTIVE")
    assert found == {
        "run_failed": inactive,
        "run_warned": inactive,
        "rejects": inactive,
        "stale_data": inactive,
        "completed_execution_count": inactive,
        "run_succeeded": ("COMPARISON_LT", 1, "EVALUATION_MISSING_DATA_ACTIVE"),
    }


def test_alerts_are_on_and_say_what_to_do(applied):
    for policy in policies(applied):
        assert policy["enabled"] is not False
        assert policy["documentation"][0]["content"].endswith((".", ")"))


def test_bytes_read_in_a_day_are_limited(environments):
    limits = {
        name: each.one("google_service_usage_consumer_quota_override") for name, each in environments.items()
    }
    assert {name: int(each["override_value"]) // 1024 for name, each in limits.items()} == {
        "dev": 100,
        "prod": 2048,
    }
    assert {each["metric"] for each in limits.values()} == {"bigquery.googleapis.com%2Fquota%2Fquery%2Fusage"}
    assert {each["limit"] for each in limits.values()} == {"%2Fd%2Fproject"}
