"""The events that a page gets about a run, while it is active and once it has ended."""

import json
import threading

import pytest

RUNNING = {"state": "PIPELINE_STATE_RUNNING", "endTime": None}
TASK = "exit-handler-1.export-sales"


@pytest.fixture
def going(console, step_detail):
    """Return the log of an active run's first step, which holds one line."""
    details = [step_detail("export-sales", "RUNNING")]
    more = {"updateTime": "2026-11-25T02:00:01Z", "jobDetail": {"taskDetails": details}}
    console.jobs.add("churn-1", **more, **RUNNING)
    log = console.jobs.folder("churn-1") / "logs" / f"{TASK}.log"
    log.write_text("first\n")
    return log


def events_of(answer):
    """Yield the name, the data and the id of each event as it comes."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        else:
            yield fields["event"], fields["data"], fields.get("id", "")
            fields = {}


def test_a_log_is_sent_line_by_line_until_the_run_has_ended(console, going):
    with console.client.stream("GET", f"/runs/churn-1/tasks/{TASK}/live") as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        told = events_of(answer)
        name, data, identity = next(told)
        assert (name, identity) == ("lines", "6")
        assert "first" in json.loads(data)
        with going.open("a") as log:
            log.write('{"severity": "ERROR", "message": "<second>"}\nhalf a ')
        data = next(data for name, data, _ in told if name == "lines")
        assert '<li id="at-6" class="line error">' in json.loads(data)
        assert "&lt;second&gt;" in json.loads(data)
        assert "half a" not in json.loads(data)
        with going.open("a") as log:
            log.write("line\n")
        console.jobs.add("churn-1", updateTime="2026-11-25T02:00:09Z")
        rest = list(told)
    assert any(name == "lines" and "half a line" in data for name, data, _ in rest)
    assert [name for name, _, _ in rest][-2:] == ["changed", "end"]


def test_a_reconnected_page_gets_only_new_lines(console, going):
    going.write_text("first\nsecond\n")
    console.jobs.add("churn-1")
    address = f"/runs/churn-1/tasks/{TASK}/live"
    for sent in ({"params": {"from": "6"}}, {"headers": {"Last-Event-ID": "6"}, "params": {"from": "0"}}):
        with console.client.stream("GET", address, **sent) as answer:
            lines = [json.loads(data) for name, data, _ in events_of(answer) if name == "lines"]
        assert len(lines) == 1
        assert "second" in lines[0] and "first" not in lines[0]


def test_a_change_of_state_is_sent_at_once(console, going):
    with console.client.stream("GET", "/runs/churn-1/live") as answer:
        told = events_of(answer)
        threading.Timer(0.3, console.jobs.add, ["churn-1"], {"updateTime": "2026-11-25T02:00:09Z"}).start()
        assert [name for name, _, _ in told][-2:] == ["changed", "end"]


@pytest.mark.parametrize("path", ["/live", "/runs/churn-1/live", f"/runs/churn-1/tasks/{TASK}/live?from=x"])
def test_a_run_that_has_ended_sends_its_end(console, path):
    console.jobs.add("churn-1")
    with console.client.stream("GET", path) as answer:
        assert [name for name, _, _ in events_of(answer)] == ["changed", "end"]
