import socket

import pytest


def test_starts_todays_batch_and_shows_the_run(console, orchestrator):
    answer = console.client.post("/start")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/runs/customer-churn-20261125")
    assert orchestrator.asked == [("/", {})]


def test_runs_a_date_again(console, orchestrator):
    console.trained("churn-1")
    orchestrator.answer = {"id": "churn-1-r2"}
    answer = console.client.post("/runs/churn-1/again")
    assert answer.headers["Location"] == "/runs/churn-1-r2"
    assert orchestrator.asked == [("/", {"as_of": "2026-11-25", "rerun": True})]


def test_cancels_a_run(console, orchestrator):
    console.jobs.add("churn-1", state="PIPELINE_STATE_RUNNING", endTime=None)
    answer = console.client.post("/runs/churn-1/cancel")
    assert answer.headers["Location"] == "/runs/churn-1"
    assert orchestrator.asked == [("/runs/churn-1:cancel", {})]


@pytest.mark.parametrize(
    "path", ["/start", "/runs/churn-1/again", "/runs/churn-1/retry", "/runs/churn-1/cancel"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "{own}"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": "https://elsewhere.test"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": ""},
    ],
)
def test_refuses_forms_from_other_sites(console, orchestrator, path, headers):
    console.trained("churn-1")
    own = str(console.client.base_url).rstrip("/")
    answer = console.client.post(path, headers={key: value.format(own=own) for key, value in headers.items()})
    assert answer.status_code == 403
    assert "from another site" in answer.text
    assert orchestrator.asked == []


def test_a_browser_that_sends_only_the_origin_is_trusted(console, orchestrator):
    own = str(console.client.base_url).rstrip("/")
    assert console.client.post("/start", headers={"Sec-Fetch-Site": "", "Origin": own}).status_code == 303
    assert len(orchestrator.asked) == 1


def test_a_link_cannot_press_a_button(console, orchestrator):
    assert console.client.get("/start").status_code == 405
    assert orchestrator.asked == []


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"detail": "the bucket <b>lake</b> is missing"}, "the bucket &lt;b&gt;lake&lt;/b&gt; is missing"),
        (
            {
                "detail": [
                    {"loc": ["body", "as_of"], "msg": "no date"},
                    {"loc": ["body", "x"], "msg": "extra"},
                ]
            },
            "as_of: no date; x: extra",
        ),
        ({"unknown": 1}, "{&#34;unknown&#34;:1}"),
        ([], "[]"),
    ],
)
def test_an_orchestrator_error_is_shown_in_words(console, orchestrator, answer, shown):
    orchestrator.status, orchestrator.answer = 422, answer
    page = console.client.post("/start")
    assert page.status_code == 502
    assert f"The orchestrator answered 422: {shown}<" in page.text


def test_a_run_that_the_orchestrator_did_not_start_cannot_be_started_again(console):
    console.jobs.add("churn-1", labels={})
    assert "Run again" not in console.get("/runs/churn-1")


def test_an_orchestrator_that_does_not_answer_is_named(console_over):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}"
    page = console_over(nobody).client.post("/start")
    assert page.status_code == 502
    assert f"The orchestrator at {nobody} is not responding" in page.text
