"""The attempts at a task and their bars, worked out by hand."""

from datetime import UTC, datetime, timedelta

from google.cloud.aiplatform_v1 import PipelineTaskDetail
from google.protobuf import json_format

from localcloud.console.timeline import Attempt, Bar, attempts_of, span_of
from localcloud.rest import raw

START = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def attempts(*history: tuple[str, float], **fields) -> list[Attempt]:
    status = [{"state": state, "updateTime": at(seconds).isoformat()} for state, seconds in history]
    detail = PipelineTaskDetail()
    json_format.ParseDict({"pipelineTaskStatus": status, **fields}, raw(detail))
    return list(attempts_of(detail))


def test_each_attempt_is_told_apart():
    history = [("PENDING", 0), ("RUNNING", 10), ("PENDING", 20), ("RUNNING", 25), ("SUCCEEDED", 45)]
    assert attempts(*history) == [Attempt(at(10), at(20), True), Attempt(at(25), at(45), False)]
    assert attempts(*history[:4])[1] == Attempt(at(25), None, False)
    assert attempts(("PENDING", 0), ("NOT_TRIGGERED", 9)) == []


def test_a_task_that_is_cancelled_ends_when_it_has_ended():
    history = [("RUNNING", 0), ("CANCELLING", 5), ("CANCELLED", 15)]
    assert attempts(*history) == [Attempt(at(0), at(15), False)]


def test_a_task_without_a_history_had_one_attempt():
    ended = {"startTime": at(0).isoformat(), "endTime": at(9).isoformat(), "state": "FAILED"}
    assert attempts(**ended) == [Attempt(at(0), at(9), True)]


def test_bars_lie_at_their_times():
    span = span_of(at(0), at(200), at(900))
    bars = span.bars(
        (Attempt(at(10), at(20), True), Attempt(at(50), None, False), Attempt(at(200), at(200), False))
    )
    assert bars == [Bar(5.0, 5.0, True), Bar(25.0, 75.0, False), Bar(99.6, 0.4, False)]
    assert span_of(None, None, at(5)).bars((Attempt(at(0), None, False),)) == [Bar(0.0, 0.4, False)]


def test_a_run_shows_its_attempts(console, step_detail):
    history = [("RUNNING", 0), ("PENDING", 20), ("RUNNING", 30), ("SUCCEEDED", 95)]
    status = [{"state": state, "updateTime": at(seconds).isoformat()} for state, seconds in history]
    retried = step_detail("run-dataform", pipelineTaskStatus=status)
    reused = step_detail("export-sales", "SKIPPED")
    console.jobs.add("churn-1", jobDetail={"taskDetails": [retried, reused]})
    page = console.get("/runs/churn-1")
    assert 'aria-label="2 attempts, begun 0.0 s after the run"' in page
    assert '<rect x="0.0%" y="4" width="21.05%" height="12" rx="2" class="failed"/>' in page
    assert '<svg class="timeline reused"' in page
    assert "↺</span> Reused" in page
