"""A run that failed, its retry, and the links between them."""

import pytest

STEP = "exit-handler-1.train-churn-model"
BUTTON = "Retry from the failed step"


@pytest.fixture
def retried(console, step_detail, step_artifact):
    """A failed run, and its retry, which has kept the fourth step and run the fifth."""
    console.failed("churn-1", "a table is missing")
    report = console.jobs.folder("churn-1") / "report"
    report.write_text("<h1>A report</h1>", encoding="utf-8")
    made = step_artifact("report", "system.HTML", str(report))
    kept = step_detail("train-churn-model", "SKIPPED", outputs=made) | {"startTime": None}
    details = {"taskDetails": [kept, step_detail("write-predictions")]}
    console.jobs.add("churn-1-r2", labels={"trigger": "retry", "retry_of": "churn-1"}, jobDetail=details)
    return console


def test_a_run_that_failed_is_retried_from_its_failed_step(console, orchestrator):
    console.failed("churn-1", "a table is missing")
    assert BUTTON in console.get("/runs/churn-1")
    orchestrator.answer = {"id": "churn-1-r2"}
    answer = console.client.post("/runs/churn-1/retry")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/runs/churn-1-r2")
    assert orchestrator.asked == [("/runs/churn-1:retry", {})]


def test_the_reason_a_retry_is_refused_is_shown(console, orchestrator):
    console.failed("churn-1", "a table is missing")
    orchestrator.status, orchestrator.answer = 409, {"detail": "churn-1 is not the newest run"}
    page = console.client.post("/runs/churn-1/retry")
    assert page.status_code == 502
    assert "The orchestrator answered 409: churn-1 is not the newest run" in page.text


def test_a_cancelled_run_can_be_retried_but_no_active_or_succeeded_one(console):
    console.jobs.add("churn-0", state="PIPELINE_STATE_CANCELLED")
    console.trained("churn-1")
    console.jobs.add("churn-2", state="PIPELINE_STATE_RUNNING", endTime=None)
    console.jobs.add("churn-3", state="PIPELINE_STATE_FAILED", labels={})
    shown = [BUTTON in console.get(f"/runs/churn-{number}") for number in range(4)]
    assert shown == [True, False, False, False]


def test_a_run_and_its_retry_link_to_each_other(retried):
    original, retry = retried.get("/runs/churn-1"), retried.get("/runs/churn-1-r2")
    assert '<dt>Retried as</dt><dd><a id="retry-churn-1-r2" href="/runs/churn-1-r2">' in original
    assert '<dt>Retry of</dt><dd><a id="original" href="/runs/churn-1">' in retry
    assert (BUTTON in original, "Retried as" in retry) == (False, False)


def test_a_retry_whose_original_is_gone_still_names_it(retried):
    del retried.jobs.jobs["churn-1"]
    assert "<dt>Retry of</dt><dd>churn-1</dd>" in retried.get("/runs/churn-1-r2")
    page = retried.get(f"/runs/churn-1-r2/tasks/{STEP}")
    assert ("Run by" in page, "<iframe" in page) == (False, False)


def test_a_kept_step_says_so_and_shows_what_the_original_made(retried):
    run = retried.get("/runs/churn-1-r2")
    assert f'href="/runs/churn-1/tasks/{STEP}">Original</a>' in run
    assert run.count("Reused") == 3  # in the box, in its label and in the table
    page = retried.get(f"/runs/churn-1-r2/tasks/{STEP}")
    assert "This step was run by an earlier run." in page
    assert f'<dt>Run by</dt><dd><a id="original" href="/runs/churn-1/tasks/{STEP}">churn-1</a>' in page
    assert "<iframe" in page
    assert retried.get(f"/artifacts/churn-1-r2/{STEP}/report/0") == "<h1>A report</h1>"


def test_runs_that_name_each_other_as_originals_are_shown(console):
    for name, other in (("churn-1", "churn-2"), ("churn-2", "churn-1")):
        console.jobs.add(name, labels={"trigger": "retry", "retry_of": other})
    assert "Retry of" in console.get("/runs/churn-1")
    assert console.client.get("/artifacts/churn-1/none/report/0").status_code == 404
