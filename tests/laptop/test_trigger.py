"""How `make run` and `make retry` request their runs, and how the orchestrator's refusals are reported."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from laptop import trigger
from laptop.options import check, parser
from laptop.state import BatchState

URL = "http://orchestrator.test"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, tuple[int, Any]]]:
    """The orchestrator's answers by method and path."""
    answers: dict[str, tuple[int, Any]] = {}

    def answer(method: str) -> Any:
        def send(url: str, **_: Any) -> httpx.Response:
            status, content = answers[f"{method} {url.removeprefix(URL)}"]
            return httpx.Response(status, text=json.dumps(content), request=httpx.Request(method, url))

        return send

    monkeypatch.setattr(trigger.httpx, "get", answer("GET"))
    monkeypatch.setattr(trigger.httpx, "post", answer("POST"))
    yield answers


def test_the_newest_run_is_retried(answers: dict[str, tuple[int, Any]]) -> None:
    answers["GET /runs"] = 200, {"runs": [{"id": "day-2"}, {"id": "day-1"}]}
    answers["POST /runs/day-2:retry"] = 200, {"id": "day-2-r2"}
    assert trigger.retry(URL) == {"id": "day-2-r2"}


def test_the_reason_for_not_retrying_is_reported(answers: dict[str, tuple[int, Any]]) -> None:
    answers["GET /runs"] = 200, {"runs": [{"id": "day-2"}]}
    answers["POST /runs/day-2:retry"] = 409, {"detail": "day-2 has succeeded: there is nothing to retry"}
    with pytest.raises(trigger.RunError, match="day-2 has succeeded: there is nothing to retry"):
        trigger.retry(URL)


def test_without_a_run_a_retry_is_refused(answers: dict[str, tuple[int, Any]]) -> None:
    answers["GET /runs"] = 200, {"runs": []}
    with pytest.raises(trigger.RunError, match="there is no run to retry"):
        trigger.retry(URL)


def test_kept_tasks_come_first() -> None:
    details = [
        {"taskId": "1", "taskName": "write", "state": "RUNNING", "startTime": "2026-01-31T02:00:00Z"},
        {"taskId": "2", "taskName": "export", "state": "SKIPPED", "endTime": "2026-01-31T01:00:00Z"},
        {"taskId": "3", "taskName": "watch", "state": "PENDING"},
    ]
    found = trigger.tasks_of({"jobDetail": {"taskDetails": details}})
    assert [task.name for task in found] == ["export", "write", "watch"]
    assert found[0].seconds is None


def test_a_folder_of_any_sales_can_be_retried(tmp_path: Any) -> None:
    BatchState(generated_through="2026-01-30", source="shop").save(tmp_path)
    check(parser("p", "d").parse_args(["--state-dir", str(tmp_path), "--retry"]), date(2026, 1, 31))


def test_a_run_from_the_laptop_is_not_a_scheduled_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The orchestrator records `scheduler` only for requests with Cloud Scheduler's headers."""
    asked: dict[str, Any] = {}

    def post(url: str, **more: Any) -> httpx.Response:
        asked.update(more)
        return httpx.Response(200, json={"id": "churn-1"}, request=httpx.Request("POST", url))

    monkeypatch.setattr(httpx, "post", post)
    assert trigger.trigger(URL, date(2026, 1, 31), {"sources": "a"})["id"] == "churn-1"
    assert asked["json"] == {"as_of": "2026-01-31", "parameters": {"sources": "a"}, "rerun": True}
    assert not [name for name in asked.get("headers", {}) if "scheduler" in name.lower()]
