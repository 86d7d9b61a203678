"""Startup answers while the application behind it is still loading."""

import threading
from concurrent.futures import ThreadPoolExecutor

from starlette.responses import PlainTextResponse

from orchestrator.startup import Startup
from tests.orchestrator.serving import serving


def unexpected() -> None:
    raise AssertionError("loading did not fail")


def test_probes_are_answered_at_once_and_other_requests_wait_for_the_application():
    may_load = threading.Event()

    def load():
        may_load.wait(30)
        return PlainTextResponse("from the application")

    with serving(Startup(load, unexpected)) as client, ThreadPoolExecutor(1) as pool:
        assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 503)
        assert client.get("/readyz").headers["Retry-After"] == "5"
        waiting = pool.submit(client.get, "/anything")
        assert client.get("/healthz").json() == {"status": "ok"}
        assert not waiting.done()
        may_load.set()
        assert waiting.result(30).text == "from the application"
        assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (200, {"status": "ready"})


def test_a_failure_to_load_is_reported_and_logged(caplog):
    failed = threading.Event()

    def load():
        raise RuntimeError("no such pipeline")

    with serving(Startup(load, failed.set)) as client:
        assert failed.wait(30)
        assert client.get("/readyz").json() == {"status": "failed to start: see the log"}
        answer = client.get("/anything")
    assert (answer.status_code, answer.json()) == (
        503,
        {"detail": "the service failed to start: see its log"},
    )
    (record,) = [record for record in caplog.records if record.name == "orchestrator.startup"]
    assert (record.levelname, record.getMessage()) == (
        "CRITICAL",
        "the service failed to start: no such pipeline",
    )
