"""Log lines have the format that Cloud Logging reads, and no answer contains a stack trace."""

import json
import logging

import pytest
from fastapi import FastAPI

from orchestrator.logs import CURRENT, JsonFormatter, Trace, trace_of
from orchestrator.server import log_request
from tests.orchestrator.serving import serving

TRACE = "105445aa7843bc8bf206b12000100000"


@pytest.mark.parametrize(
    ("headers", "trace"),
    [
        ({"x-cloud-trace-context": f"{TRACE}/255;o=1"}, Trace(TRACE, "00000000000000ff", True)),
        ({"x-cloud-trace-context": TRACE}, Trace(TRACE)),
        ({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, Trace(TRACE, "00f067aa0ba902b7", True)),
        ({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-00"}, Trace(TRACE, "00f067aa0ba902b7", False)),
    ],
)
def test_the_trace_is_the_one_that_the_request_names(headers, trace):
    assert trace_of(headers) == trace


@pytest.mark.parametrize("header", ["x-cloud-trace-context", "traceparent"])
def test_without_a_usable_trace_a_request_gets_a_new_one(header):
    first, second = trace_of({header: "../../etc"}), trace_of({header: "../../etc"})
    assert len(first.trace_id) == 32
    assert first != second


def test_a_record_is_one_line_of_json_with_its_trace():
    record = logging.LogRecord("a.logger", logging.WARNING, "f.py", 1, "two\n%s", ("lines",), None)
    token = CURRENT.set(Trace(TRACE, "00000000000000ff", True))
    text = JsonFormatter("my-project").format(record)
    CURRENT.reset(token)
    assert "\n" not in text
    line = json.loads(text)
    assert (line["severity"], line["message"]) == ("WARNING", "two\nlines")
    assert line["logging.googleapis.com/trace"] == f"projects/my-project/traces/{TRACE}"
    assert line["logging.googleapis.com/spanId"] == "00000000000000ff"
    assert line["logging.googleapis.com/trace_sampled"] is True


def test_an_unexpected_error_returns_its_trace_and_only_logs_its_stack(caplog):
    app = FastAPI()

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("the secret is swordfish")

    app.middleware("http")(log_request)
    with serving(app) as client, caplog.at_level(logging.INFO):
        answer = client.get("/broken", headers={"X-Cloud-Trace-Context": f"{TRACE}/1;o=1"})
    assert answer.status_code == 500
    assert answer.json() == {"detail": f"an unexpected error: look for trace {TRACE} in the log"}
    records = [record for record in caplog.records if record.name == "orchestrator.server"]
    lines = [json.loads(JsonFormatter("my-project").format(record)) for record in records]
    assert "RuntimeError: the secret is swordfish" in lines[0]["stack_trace"]
    assert lines[1]["severity"] == "ERROR"
    assert lines[1]["httpRequest"]["status"] == 500
    assert lines[1]["httpRequest"]["requestUrl"] == "/broken"
