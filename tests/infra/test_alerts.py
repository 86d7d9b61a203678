"""Which alert fires for each way that a night can fail, given what Google and the steps would emit."""

import json
import re
from dataclasses import dataclass, field, fields, replace

import pytest

from components.cost.receipt import Receipt, StepUse
from components.export_sales.summary import ExportSummary
from components.record_run import step as record_run
from components.shared import run_record
from tests.infra.logging_filter import matches

PIPELINE_JOB = "aiplatform.googleapis.com/PipelineJob"
EVENTS = "projects/p/logs/aiplatform.googleapis.com%2Fpipeline_job_events"
HOUR = 3600
# How Cloud Logging may store a line: parsed into fields, as a message, or as text.
PLACES = ("fields", "message", "text")


@dataclass
class Night:
    """What Google has emitted by a night's end: log entries, failed executions, hours since a success.

    zeros are the points that a metric made from logs may have, of minutes in which no entry matched.
    """

    entries: list[dict] = field(default_factory=list)
    failed_executions: int = 0
    hours_since_success: float | None = 1.0  # None: never
    zeros: int = 0


def event(state, job="customer-churn-20261124"):
    """Return an entry as Vertex AI logs a run's state change."""
    return {
        "logName": EVENTS,
        "resource": {"type": PIPELINE_JOB, "labels": {"pipeline_job_id": job}},
        "jsonPayload": {"pipelineName": "customer-churn", "state": f"PIPELINE_STATE_{state}"},
    }


def logged(line, place):
    """Return an entry as Cloud Logging stores a step's line."""
    entry = {"logName": "projects/p/logs/workerpool0-0", "resource": {"type": "ml_job"}, "severity": "INFO"}
    if place == "fields" and line.startswith("{"):
        return entry | {"jsonPayload": json.loads(line)}
    return entry | ({"textPayload": line} if place == "text" else {"jsonPayload": {"message": line}})


def attempt(status, severity="ERROR"):
    """Return an entry as Cloud Scheduler logs the end of an attempt."""
    kind = "type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished"
    return {
        "resource": {"type": "cloud_scheduler_job"},
        "severity": severity,
        "httpRequest": {"status": status},
        "jsonPayload": {"@type": kind},
    }


@pytest.fixture
def told(applied):
    """Return a function that gives the titles of the alerts that fire after a night."""

    def titles(night):
        metric = applied.one("google_logging_metric")
        return {
            policy["display_name"]
            for policy in applied.of("google_monitoring_alert_policy")
            for condition in policy["conditions"]
            if _fires(condition, metric, night)
        }

    return titles


def _fires(condition, metric, night):
    for log in condition["condition_matched_log"]:
        return any(matches(log["filter"], entry) for entry in night.entries)
    for threshold in condition["condition_threshold"]:
        assert (threshold["comparison"], threshold["threshold_value"]) == ("COMPARISON_GT", 0)
        execution = {
            "metric": {
                "type": "run.googleapis.com/job/completed_execution_count",
                "labels": {"result": "failed"},
            }
        }
        counted = matches(threshold["filter"], execution | {"resource": {"type": "cloud_run_job"}})
        return counted and night.failed_executions > 0
    [silent] = condition["condition_prometheus_query_language"]
    return _is_silent(silent, metric, night)


def _is_silent(condition, metric, night):
    """Evaluate the PromQL: true if the window has no point, or zeros only, whatever came before."""
    points = r'([\w:]+)\{monitored_resource="([^"]+)"\}\[(\d+)h\]'
    absent, zero = rf"absent_over_time\({points}\)", rf"sum\(increase\({points}\)\) == 0"
    legs = condition["query"].split(" or ")
    groups = [re.fullmatch(f"{absent}|{zero}", leg).groups() for leg in legs]
    [(name, resource, hours)] = {tuple(filter(None, one)) for one in groups}
    assert name == "logging_googleapis_com:user_" + re.sub(r"\W", "_", metric["name"])
    assert resource == PIPELINE_JOB
    assert matches(metric["filter"], event("SUCCEEDED"))
    assert not matches(metric["filter"], event("FAILED"))
    assert condition["duration"] == "0s"
    assert condition["disable_metric_validation"] is True
    since = night.hours_since_success
    window = ([1] if since is not None and since <= int(hours) else []) + [0] * night.zeros
    holds = {"absent_over_time": not window, "sum": bool(window) and sum(window) == 0}
    return any(holds[leg.partition("(")[0]] for leg in legs)


FAILED = "A run of the batch failed"
NONE = "No run of the batch has succeeded for 26 hours"
WARNED = "A run of the batch succeeded with warnings"
JOB = "A job of Cloud Run failed"
TRIGGER = "A schedule could not start its job"
STALE = "An export found no sale of the last day"
COSTLY = "A run of the batch cost more than max_run_cost"
REJECTS = "An export rejected 100 documents or more"

NIGHTS = {
    "all went well": (Night([event("SUCCEEDED"), attempt(200, "INFO")]), set()),
    "an image of a step is not pulled, so that no line is printed": (Night([event("FAILED")]), {FAILED}),
    "a quota has no machine for a task": (Night([event("RUNNING"), event("FAILED")]), {FAILED}),
    "a step fails": (Night([event("FAILED")], hours_since_success=25), {FAILED}),
    "a step takes longer than it may": (Night([event("FAILED")], hours_since_success=27), {FAILED, NONE}),
    "somebody cancels the run": (Night([event("CANCELLED")]), {FAILED}),
    "a quota has no run left": (Night([attempt(503)], hours_since_success=27), {TRIGGER, NONE}),
    "the service's image is not pulled": (Night([attempt(500)], hours_since_success=27), {TRIGGER, NONE}),
    "another run is active, and then ended": (Night([attempt(409), event("SUCCEEDED")]), set()),
    "the schedule is gone, and nothing happens at all": (Night(hours_since_success=27), {NONE}),
    "nothing has ever succeeded": (Night(hours_since_success=None), {NONE}),
    "the first run ever fails": (Night([event("FAILED")], hours_since_success=None), {FAILED, NONE}),
    "the first run ever succeeds": (Night([event("SUCCEEDED")], hours_since_success=0), set()),
    "a generator fails, or its image is not pulled": (Night(failed_executions=1), {JOB}),
    "a generator's job cannot be started": (Night([attempt(403)]), {TRIGGER}),
    "another pipeline of the project fails": (Night([event("FAILED", "other-1")]), set()),
}  # fmt: skip


@pytest.mark.parametrize("zeros", [0, 3])
@pytest.mark.parametrize("what", NIGHTS)
def test_a_night_fires_exactly_its_alerts(told, what, zeros):
    night, titles = NIGHTS[what]
    assert told(replace(night, zeros=zeros)) == titles


@pytest.fixture
def run_lines(monkeypatch, capsys):
    def ended(state, max_run_cost=0.0):
        receipt = Receipt([StepUse("export_sales", 100_000, 0, 0.0, None)])  # 3 cents, and 3 for the run
        monkeypatch.setattr(record_run, "_receipt", lambda *_: receipt)
        monkeypatch.setattr(record_run, "read_records", lambda *_: [])
        monkeypatch.setattr(record_run, "bigquery_client", lambda *_: None)
        monkeypatch.setattr(record_run, "run_query", lambda *_: None)
        monkeypatch.setattr(record_run, "cancel_work", lambda *_, **__: [])
        record_run.run(
            project="p", location="l", bucket="b", warehouse_dataset="w", as_of="2026-11-24",
            run_id="customer-churn-20261124-r2", scored_at="", state=state, error="",
            repository="r", max_query_gib=1, max_run_cost=max_run_cost,
        )  # fmt: skip
        return capsys.readouterr().out.splitlines()

    return ended


@pytest.fixture
def export_lines(monkeypatch, capsys):
    def ended(**counts):
        assert counts.keys() <= {field.name for field in fields(ExportSummary)}
        monkeypatch.setattr(run_record, "storage_client", lambda _: _Nowhere())
        with run_record.step_record("p", "b", "run", "export_sales") as kept:
            kept.update(counts)
        return capsys.readouterr().out.splitlines()

    return ended


class _Nowhere:
    def bucket(self, _):
        return self

    def blob(self, _):
        return self

    def upload_from_string(self, *_, **__):
        pass


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("state", "titles"),
    [("SUCCEEDED", set()), ("SUCCEEDED_WITH_WARNINGS", {WARNED}), ("FAILED", set())],
)
def test_a_run_with_warnings_fires_an_alert_however_its_line_is_stored(told, run_lines, place, state, titles):
    assert told(Night([logged(line, place) for line in run_lines(state)])) == titles


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("counts", "titles"),
    [
        ({"rows": 5, "day_rows": 5, "rejects": 0}, set()),
        ({"rows": 5, "day_rows": 10, "rejects": 99}, set()),
        ({"rows": 5, "day_rows": 5, "rejects": 100}, {REJECTS}),
        ({"rejects": 2345, "day_rows": 5}, {REJECTS}),
        ({"rows": 0, "day_rows": 5, "rejects": 0}, set()),  # a day run again
        ({"rows": 100, "day_rows": 0, "rejects": 0}, {STALE}),
        ({"rows": 0, "rejects": 0, "day_rows": 0}, {STALE}),
    ],
)
def test_an_exports_counts_decide_which_alert_fires(told, export_lines, place, counts, titles):
    assert told(Night([logged(line, place) for line in export_lines(**counts)])) == titles


def test_alerts_are_on_and_say_what_to_do(applied):
    policies = applied.of("google_monitoring_alert_policy")
    assert len(policies) == 8
    for policy in policies:
        assert policy["enabled"] is not False
        assert policy["documentation"][0]["content"].endswith((".", ")"))


def test_an_alert_does_not_suppress_the_next_nights(applied):
    for policy in applied.of("google_monitoring_alert_policy"):
        if policy["display_name"] == NONE:
            continue  # its own success closes it
        [strategy] = policy["alert_strategy"]
        assert int(strategy["auto_close"].removesuffix("s")) < 12 * HOUR
        assert all(limit["period"] == "3600s" for limit in strategy["notification_rate_limit"])


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


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("most", "titles"), [(0.0, set()), (0.07, set()), (0.05, {COSTLY})])
def test_a_run_that_cost_too_much_fires_an_alert(told, run_lines, most, titles, place):
    night = Night([event("SUCCEEDED"), *(logged(line, place) for line in run_lines("SUCCEEDED", most))])
    assert told(night) == titles
