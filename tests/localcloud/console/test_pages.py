import re

import pytest

from tests.localcloud.console.conftest import STEPS


def test_lists_runs_newest_first_with_what_tells_them_apart(console):
    console.trained("churn-1")
    console.failed("churn-2", "no such table")
    page = console.get("/")
    assert page.index("/runs/churn-2") < page.index("/runs/churn-1")
    row = page[page.index("/runs/churn-1") :]
    for text in ("2026-11-25", "2026-11-25 02:00:00", "1 min 35 s", "scheduler", "customer-churn"):
        assert text in row
    assert 'action="/start"' in page


def test_a_list_without_runs_says_so(console):
    assert "No runs yet." in console.get("/")
    console.trained("churn-1")
    assert "No runs match." in console.get("/?state=Failed")


def test_filters_by_state(console):
    console.trained("churn-1")
    console.failed("churn-2", "no such table")
    page = console.get("/?state=Failed")
    assert "/runs/churn-2" in page
    assert "/runs/churn-1" not in page
    assert re.search(r'aria-current="page">Failed <b>1</b>', page)


def test_a_page_has_fifty_runs(console):
    for number in range(120):
        console.jobs.add(f"churn-{number}")
    shown = [set(re.findall(r'href="/runs/([^"]+)"', console.get(f"/?page={page}"))) for page in (1, 2, 3)]
    assert [len(runs) for runs in shown] == [50, 50, 20]
    assert set.union(*shown) == set(console.jobs.jobs)
    assert shown[0] >= {"churn-119", "churn-70"}
    assert 'rel="next" href="/?page=3"' in console.get("/?page=2")


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "²", ""])
def test_an_invalid_page_number_gives_the_nearest_page(console, page):
    console.jobs.add("churn-1")
    assert "/runs/churn-1" in console.get(f"/?page={page}")


def test_a_run_shows_its_figures_by_step_and_every_page_leads_to_the_runs(
    console, step_detail, step_artifact
):
    receipt = step_artifact("receipt", "system.Metrics", bytes_billed=3 * 2**20, documents_read=2**20)
    console.jobs.add("churn-1", jobDetail={"taskDetails": [step_detail("export-sales", outputs=receipt)]})
    page = console.get("/runs/churn-1")
    assert "<caption>Export sales: receipt</caption>" in page
    assert ">3.0 MiB<" in page and ">1,048,576<" in page
    for path, current in (("/", ' aria-current="page"'), ("/runs/churn-1", "")):
        assert re.search(rf'<a href="/"{current} ?>Runs</a>', console.get(path))


def test_a_run_shows_its_steps_and_parameters(console):
    console.trained("churn-1")
    page = console.get("/runs/churn-1")
    boxes = re.findall(r'class="word"[^>]*>✓ Succeeded<', page)
    assert len(boxes) == len(STEPS) + 1  # and that of the exit task
    for text in ("Train and evaluate the churn model", "1 min 35 s", "horizon_days", ">90<", "Run again"):
        assert text in page
    step = "/runs/churn-1/tasks/exit-handler-1.train-churn-model"
    assert f'href="{step}#metrics"' in page
    assert f'href="{step}#report"' in page
    assert "Cancel" not in page


def test_a_run_shows_its_models_warning(console):
    told = "Customers are not ranked: its ROC AUC may be chance. Every customer gets the base rate, 61.0%"
    console.trained("churn-1", warning=f"{told} <b>")
    console.trained("churn-2")
    page = console.get("/runs/churn-1")
    assert f"<p>{told} &lt;b&gt;</p>" in page
    assert "Train and evaluate the churn model</a>: warning" in page
    assert ": warning" not in console.get("/runs/churn-2")


def test_a_failed_run_names_the_step_and_its_cause(console):
    console.failed("churn-1", "fct_sales failed: no such column")
    failure = console.get("/runs/churn-1").partition('id="failure"')[2].partition("</section>")[0]
    assert "Build the warehouse with Dataform" in failure
    assert "fct_sales failed: no such column" in failure
    assert "Export sales" not in failure


def test_an_unreached_step_of_an_ended_run_does_not_seem_to_wait(console):
    console.failed("churn-1", "no such column")
    page = console.get("/runs/churn-1")
    of_loops = ("Plan the export", "Export a shard", "Number the shards", "Score a shard")
    assert all(f'aria-label="{task} · Not reached ' in page for task in of_loops)
    assert len(re.findall(r'class="word"[^>]*>· Not reached<', page)) == len(STEPS) - 2 + len(of_loops)
    assert "Waiting" not in page


def test_a_run_that_failed_before_any_step_shows_its_own_error(console):
    error = {"code": 9, "message": "the server was stopped while the run was active"}
    console.jobs.add("churn-1", state="PIPELINE_STATE_FAILED", error=error)
    assert error["message"] in console.get("/runs/churn-1")


def test_an_active_run_refreshes_and_can_be_cancelled(console, step_detail):
    details = [step_detail("export-sales"), step_detail("run-dataform", "RUNNING")]
    state = {"state": "PIPELINE_STATE_RUNNING", "endTime": None, "jobDetail": {"taskDetails": details}}
    console.jobs.add("churn-1", **state)
    page = console.get("/runs/churn-1")
    assert "/static/live.js" in page
    assert 'action="/runs/churn-1/cancel"' in page
    assert "Run again" not in page
    assert "/static/live.js" in console.get("/")


def test_an_ended_run_does_not_refresh(console):
    console.trained("churn-1")
    for path in ("/", "/runs/churn-1", "/runs/churn-1/tasks/record-run"):
        assert "live.js" not in console.get(path)


def test_a_step_shows_its_inputs_and_outputs(console):
    console.trained("churn-1")
    page = console.get("/runs/churn-1/tasks/exit-handler-1.train-churn-model")
    for text in ("horizon_days", ">90<", "p.features.churn_training_examples", "logistic regression"):
        assert text in page
    for text in ("roc_auc", ">0.8279<", ">2,112<", "predicted churned", ">1,118<", "<polyline"):
        assert text in page
    assert "trained on 27115 rows" in page
    assert "\x1b" not in page
    assert page == console.get("/runs/churn-1/tasks/train-churn-model")


def test_each_pass_of_a_loop_is_a_step(console, step_detail):
    passes = [step_detail("export-sales"), step_detail("export-sales", "FAILED")]
    for number, one in enumerate(passes):
        one["taskUniqueName"] = f"exit-handler-1.loop-{number}.export-sales"
    console.jobs.add("churn-1", jobDetail={"taskDetails": passes})
    page = console.get("/runs/churn-1")
    assert page.count("#log") == 2
    assert [f">Export sales, pass {number}<" in page for number in (1, 2, 3)] == [
        True,
        True,
        False,
    ]
    assert re.search(r'href="/runs/churn-1/tasks/[a-z1.-]+loop-1.export-sales" class="box bad"', page)


@pytest.mark.parametrize(
    "path",
    [
        "/runs/nowhere",
        "/runs/nowhere/log",
        "/runs/churn-1/tasks/nowhere",
        "/runs/churn-1/tasks/nowhere/log",
        "/runs/churn-1/tasks/record-run/log",
        "/compare?runs=churn-1,nowhere",
        "/nowhere",
        "/static/nowhere",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
    ],
)
def test_a_missing_page_says_so_in_words(console, path):
    console.jobs.add("churn-1")
    page = console.get(path, 404)
    assert "<h1>Not found</h1>" in page
    assert 'href="/"' in page


def test_a_deleted_run_is_gone(console):
    console.jobs.add("churn-1")
    console.get("/runs/churn-1")
    del console.jobs.jobs["churn-1"]
    assert "There is no run" in console.get("/runs/churn-1", 404)


def test_a_console_without_an_orchestrator_has_no_buttons(console_over):
    console = console_over(None)
    console.jobs.add("churn-1")
    for path in ("/", "/runs/churn-1"):
        assert 'method="post"' not in console.get(path)
    assert console.client.post("/start").status_code == 404
