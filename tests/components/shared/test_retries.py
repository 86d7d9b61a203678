"""Transient errors are retried, patiently but not for ever; nothing else is."""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import requests
from google.api_core import exceptions

from components.export_sales.source import Snapshot
from components.shared import queries, retries
from components.shared.clients import (
    bigquery_client,
    bigquery_read_client,
    firestore_client,
    firestore_query_client,
)
from components.shared.errors import StepError
from components.shared.retries import retry_transient

PROJECT = "winter-days-local"
COMPONENTS = Path(__file__).parents[3] / "components"
STEPS = sorted(
    {path.parent.name for path in COMPONENTS.glob("*/component.py")} - {"record_run", "smoke"}
)  # the exit task, and the test of open questions
BUSY = exceptions.ServiceUnavailable("busy")


class Clock:
    """A clock that only waiting moves; takes the place of the time module."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(retries, "time", clock)
    return clock


def failing(
    *errors: Exception, takes: Callable[[], None] = lambda: None
) -> tuple[Callable[[], str], list[int]]:
    """Return work that raises these errors, one per attempt, then succeeds; and its attempts."""
    left, attempts = list(errors), []

    def work() -> str:
        attempts.append(1)
        takes()
        if left:
            raise left.pop(0)
        return "done"

    return retry_transient(work), attempts


@pytest.mark.parametrize(
    "error",
    [
        exceptions.InternalServerError("oops"),
        exceptions.DeadlineExceeded("slow"),
        exceptions.ResourceExhausted("quota of a minute"),
        exceptions.Aborted("another transaction"),
        exceptions.Unknown("?"),
        requests.ConnectionError("reset"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_transient_errors_are_retried(clock: Clock, capsys: Any, error: Exception) -> None:
    work, attempts = failing(error, error)
    assert work() == "done"
    assert (len(attempts), clock.pauses) == (3, [5.0, 20.0])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["severity"] for line in lines] == ["WARNING", "WARNING"]
    assert lines[0]["message"] == f"work failed, retrying in 5 s: {error}"


@pytest.mark.parametrize(
    "error",
    [
        StepError("a table is missing"),
        exceptions.NotFound("no table"),
        exceptions.BadRequest("no SQL"),
        exceptions.Forbidden("no access"),
        exceptions.Conflict("is there already"),
        exceptions.RetryError("Google's client has waited long enough", BUSY),
        ValueError("a mistake"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_other_errors_are_not_retried(clock: Clock, error: Exception) -> None:
    work, attempts = failing(error)
    with pytest.raises(type(error)):
        work()
    assert (len(attempts), clock.pauses) == (1, [])


def test_the_fourth_failure_in_a_row_is_the_last_and_no_caller_retries(clock: Clock) -> None:
    work, attempts = failing(*[BUSY] * 9)
    with pytest.raises(StepError, match="work failed 4 times in a row: 503 busy") as raised:
        retry_transient(work)()
    assert raised.value.__cause__ is BUSY
    assert (len(attempts), clock.pauses) == (4, [5.0, 20.0, 60.0])


def test_no_attempt_begins_after_the_deadline_but_a_long_one_has_its_second_chance(clock: Clock) -> None:
    def takes_hours() -> None:
        clock.now += 7200

    work, attempts = failing(*[BUSY] * 9, takes=takes_hours)
    with pytest.raises(StepError, match="work failed for 600 s: 503 busy"):
        work()
    assert len(attempts) == 2


@pytest.mark.parametrize("step", STEPS)
def test_the_work_of_every_step_is_retried(step: str) -> None:
    assert hasattr(getattr(import_module(f"components.{step}.step"), step), "__wrapped__")


class BreakingClient:
    """The real client, whose streams break off after two responses, and sometimes at once."""

    def __init__(self, breaks: int) -> None:
        self.client = firestore_query_client()
        self.breaks = breaks

    def run_query(self, request: Any, timeout: float) -> Iterator[Any]:
        stream = self.client.run_query(request, timeout=timeout)
        for number, response in enumerate(stream):
            if self.breaks and (number == 2 or self.breaks % 3 == 0):
                self.breaks -= 1
                raise BUSY
            yield response


def test_a_stream_that_breaks_off_is_resumed_where_it_was(services: None, clock: Clock) -> None:
    names = [f"sale-{number:02}" for number in range(20)]
    collection = firestore_client(PROJECT).collection("broken_stream")
    for name in names:
        collection.document(name).set({"sale_id": name})
    client = BreakingClient(breaks=8)
    snapshot = Snapshot(client, PROJECT, "(default)", "broken_stream")  # type: ignore[arg-type]
    collection.document("sale-199").set({"sale_id": "too late"})
    assert [document.name.rpartition("/")[2] for document in snapshot.documents()] == names
    assert client.breaks == 0
    assert len(clock.pauses) == 8
    assert set(clock.pauses) == {5.0, 20.0}


def test_a_stream_that_keeps_failing_ends_the_export(services: None, clock: Clock) -> None:
    client = BreakingClient(breaks=0)
    snapshot = Snapshot(client, PROJECT, "(default)", "broken_stream")  # type: ignore[arg-type]
    client.run_query = Mock(side_effect=BUSY)  # type: ignore[method-assign]
    with pytest.raises(StepError, match="reading broken_stream failed"):
        list(snapshot.documents())
    with pytest.raises(StepError, match="asking for broken_stream failed"):
        Snapshot(client, PROJECT, "(default)", "broken_stream")  # type: ignore[arg-type]


class BreakingReader:
    """The read client, whose stream breaks off before certain responses; the rows are BigQuery's."""

    def __init__(self, *breaks: int) -> None:
        self.own, self.breaks, self.given = bigquery_read_client(), [*breaks], 0
        self.create_read_session = self.own.create_read_session

    def read_rows(self, *, read_stream: str, offset: int, **call: Any) -> Iterator[Any]:
        for response in self.own.read_rows(read_stream=read_stream, offset=offset, **call):
            if self.breaks[:1] == [self.given]:
                self.breaks.pop(0)
                raise BUSY
            self.given += 1
            yield response


def test_the_rows_of_a_query_are_resumed_where_they_broke_off(
    services: None, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = BreakingReader(0, 0, 1, 2)
    monkeypatch.setattr(queries, "bigquery_read_client", lambda: reader)
    sql = "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 2500000)) AS n ORDER BY n"
    tables = queries.read_arrow(bigquery_client(PROJECT), sql, {}, batch_rows=600_000)
    found = np.concatenate([table["n"].to_numpy() for table in tables])
    assert np.array_equal(found, np.arange(1, 2_500_001))
    assert reader.breaks == []
    assert clock.pauses == [5.0, 20.0, 5.0, 5.0]  # failures in a row are counted afresh after some rows


def test_rows_that_keep_failing_end_the_step(
    services: None, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = BreakingReader()
    reader.read_rows = Mock(side_effect=BUSY)  # type: ignore[method-assign]
    monkeypatch.setattr(queries, "bigquery_read_client", lambda: reader)
    with pytest.raises(StepError, match="reading the rows of a query failed 4 times in a row"):
        list(queries.read_arrow(bigquery_client(PROJECT), "SELECT 1 AS n", {}))
    assert clock.pauses == [*retries.PAUSES_SECONDS]


def test_the_architecture_page_says_how_long() -> None:
    page = (COMPONENTS.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    first, second, last = (f"{seconds:.0f}" for seconds in retries.PAUSES_SECONDS)
    assert f"{len(retries.PAUSES_SECONDS)} times in a row, after {first}, {second} and {last} s" in page
    assert f"none begins {retries.DEADLINE_SECONDS / 60:.0f} minutes after the first failure" in page
