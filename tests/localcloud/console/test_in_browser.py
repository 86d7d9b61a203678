"""The pages in Chromium, over real runs of the local Vertex AI and over recorded ones."""

import json
import re
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.aiplatform_v1 import PipelineJob, PipelineServiceClient
from google.cloud.aiplatform_v1.services.pipeline_service.transports import PipelineServiceRestTransport
from google.protobuf import json_format
from kfp import compiler, dsl
from kfp.dsl import HTML, Metrics, Output

from components.shared.clients import storage_client
from components.shared.names import BUCKET
from localcloud.console.drawing import draw
from localcloud.console.tasks import Task
from localcloud.endpoints import Endpoints
from localcloud.supervisor import running
from tests.localcloud.console.conftest import STEPS

LOCATION = "projects/winter-days-test/locations/us-central1"
component = dsl.component(base_image="python:3.13", install_kfp_package=False)


@component
def wait_for(signal: str):
    import time
    from pathlib import Path

    print("waiting")
    while not Path(signal).exists():
        time.sleep(0.05)


@component
def measure(metrics: Output[Metrics], report: Output[HTML]):
    from pathlib import Path

    metrics.log_metric("roc_auc", 0.875)
    Path(report.path).parent.mkdir(parents=True, exist_ok=True)
    Path(report.path).write_text("<h1>How it did</h1><script>alert('a report ran a script')</script>")


@component
def fail(cause: str):
    raise ValueError(cause)


@dsl.pipeline(name="measuring")
def measuring(signal: str, as_of: str):
    waited = wait_for(signal=signal).set_display_name("Wait for the signal")
    measure().after(waited).set_display_name("Measure the model")


@dsl.pipeline(name="failing")
def failing(cause: str):
    failed = fail(cause=cause).set_display_name("Load the sales")
    measure().after(failed)


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory) -> Iterator[Endpoints]:
    """A local Vertex AI, its orchestrator, and the services whose work a cancelled run ends."""
    services = ("storage", "bigquery", "dataform", "vertex", "orchestrator")
    with running(tmp_path_factory.mktemp("cloud"), services=services) as endpoints:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("STORAGE_EMULATOR_HOST", endpoints.environment()["STORAGE_EMULATOR_HOST"])
            storage_client(endpoints.project).create_bucket(BUCKET)
        yield endpoints


@pytest.fixture
def vertex(endpoints) -> str:
    """The address of the local Vertex AI and its console."""
    return endpoints.address("vertex")


def submit(vertex: str, pipeline, run_id: str, folder: Path, **parameters: str) -> PipelineJob:
    file = folder / "pipeline.json"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        compiler.Compiler().compile(pipeline, str(file))
    job = PipelineJob()
    config = {"gcsOutputDirectory": "gs://b/runs", "parameterValues": parameters}
    resource = {"pipelineSpec": json.loads(file.read_text()), "runtimeConfig": config}
    json_format.ParseDict(resource, PipelineJob.pb(job))
    transport = PipelineServiceRestTransport(
        host=vertex, url_scheme="http", credentials=AnonymousCredentials()
    )
    with PipelineServiceClient(transport=transport) as client:
        return client.create_pipeline_job(parent=LOCATION, pipeline_job=job, pipeline_job_id=run_id)


def state(page, word: str):
    return page.locator("#state", has_text=word)


def test_a_run_goes_green_while_watched(vertex, page, tmp_path):
    submit(vertex, measuring, "green", tmp_path, signal=str(tmp_path / "signal"), as_of="2026-11-25")
    page.goto(f"http://{vertex}/")
    page.get_by_role("link", name="green", exact=True).click()
    page.locator("#graph .box.going", has_text="Wait for the").wait_for()
    assert "2026-11-25" in page.locator(".facts").inner_text()
    page.set_viewport_size({"width": 1280, "height": 400})
    page.evaluate("window.loadedOnce = true; scrollTo(0, 120)")
    page.locator("#step-measure").focus()
    height = page.locator("#step-measure").bounding_box()["y"]
    assert page.evaluate("scrollY") > 0

    (tmp_path / "signal").touch()

    state(page, "Succeeded").wait_for()
    page.locator("#graph .box.good").nth(1).wait_for()
    assert page.evaluate("[window.loadedOnce, document.activeElement.id]") == [True, "step-measure"]
    assert page.locator("#step-measure").bounding_box()["y"] == height
    page.get_by_role("link", name="Report").click()
    page.frame_locator("iframe").get_by_role("heading", name="How it did").wait_for()
    assert "0.8750" in page.get_by_role("table", name="Values").inner_text()
    page.get_by_role("link", name="Runs").click()
    assert "Succeeded" in page.locator("#state-green").inner_text()


def test_a_log_grows_while_watched(vertex, page, tmp_path):
    submit(vertex, measuring, "growing", tmp_path, signal=str(tmp_path / "signal"), as_of="2026-11-25")
    page.goto(f"http://{vertex}/runs/growing/tasks/wait-for")
    page.locator("#lines", has_text="waiting").wait_for()
    (tmp_path / "signal").touch()
    state(page, "Succeeded").wait_for()


def test_a_failing_run_shows_its_cause_on_the_first_screen(vertex, page, tmp_path):
    submit(vertex, failing, "red", tmp_path, cause="the bucket called lake is not there")
    page.goto(f"http://{vertex}/runs/red")
    state(page, "Failed").wait_for()
    cause = page.locator("#failure pre", has_text="the bucket called lake is not there").bounding_box()
    step = page.locator("#failure").get_by_role("link", name="Load the sales").bounding_box()
    assert 0 <= step["y"] < cause["y"] < cause["y"] + cause["height"] <= 800
    page.locator("#failure").get_by_role("link", name="Show it in the log").click()
    page.locator("#lines", has_text="ValueError: the bucket called lake is not there").wait_for()


def test_a_page_receives_new_lines_and_the_end(console, page, step_detail):
    details = [step_detail("export-sales", "RUNNING")]
    going = {"state": "PIPELINE_STATE_RUNNING", "endTime": None, "jobDetail": {"taskDetails": details}}
    console.jobs.add("churn-1", **going)
    log = console.jobs.folder("churn-1") / "logs" / "exit-handler-1.export-sales.log"
    log.write_text("first\n")
    page.goto(console.url("/runs/churn-1/tasks/export-sales"))
    page.evaluate("window.loadedOnce = true")
    assert page.locator("#lines .said").all_text_contents() == ["first"]

    with log.open("a") as file:
        file.write("WARNING: <second>\n")
    page.locator("#lines .warning", has_text="<second>").wait_for()
    assert page.locator("#lines .said").all_text_contents() == ["first", "WARNING: <second>"]
    assert not state(page, "Succeeded").is_visible()

    ended = {
        "jobDetail": {"taskDetails": [step_detail("export-sales")]},
        "updateTime": "2026-11-25T03:00:00Z",
    }
    console.jobs.add("churn-1", **ended)
    state(page, "Succeeded").wait_for()
    assert page.evaluate("window.loadedOnce")


def test_a_page_whose_server_is_gone_says_so_until_it_is_back(console, page):
    console.jobs.add("churn-1", state="PIPELINE_STATE_RUNNING", endTime=None)
    page.goto(console.url("/runs/churn-1"))
    assert not page.get_by_role("status").is_visible()
    page.route("**/runs/*", lambda route: route.abort())
    page.get_by_role("status").filter(has_text="not responding").wait_for()
    page.unroute("**/runs/*")
    page.locator("#stale").wait_for(state="hidden")


def test_a_long_cause_leaves_the_graph_on_the_first_screen(console, page):
    console.failed("churn-1", "\n".join(f"line {number}" for number in range(200)))
    page.goto(console.url("/runs/churn-1"))
    graph = page.locator("#graph").bounding_box()
    assert graph["y"] + graph["height"] <= 800


def test_buttons_start_cancel_and_repeat_a_run(vertex, page, tmp_path):
    submit(vertex, measuring, "holding", tmp_path, signal=str(tmp_path / "signal"), as_of="2026-11-25")
    page.goto(f"http://{vertex}/")
    page.get_by_role("button", name="Run today").click()
    for suffix in ("", "-r2"):
        page.get_by_role("heading", name=re.compile(rf"^customer-churn-\d{{8}}{suffix}$")).wait_for()
        state(page, "Waiting").wait_for()
        page.get_by_role("button", name="Cancel").click()
        state(page, "Cancelled").wait_for()
        page.get_by_role("button", name="Run again").click()
    page.get_by_role("heading", name="-r3").wait_for()
    page.get_by_role("button", name="Cancel").click()
    state(page, "Cancelled").wait_for()
    (tmp_path / "signal").touch()


def test_another_sites_form_does_nothing(console, orchestrator, page):
    page.set_content(f'<form method="post" action="{console.url("/start")}"><button>Win</button></form>')
    page.get_by_role("button").click()
    page.get_by_role("heading", name="Refused").wait_for()
    assert orchestrator.asked == []


def test_two_runs_are_chosen_and_compared_by_keyboard(console, page):
    console.trained("churn-1", roc_auc=0.8)
    console.trained("churn-2", roc_auc=0.85)
    page.goto(console.url("/"))
    for run_id in ("churn-1", "churn-2"):
        page.get_by_role("checkbox", name=f"Compare {run_id}").press("Space")
    page.get_by_role("button", name="Compare runs").press("Enter")
    page.get_by_role("cell", name="+0.0500").wait_for()


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_screen(console, page, width):
    console.trained("churn-1")
    console.failed("churn-2", "no" * 200)
    page.set_viewport_size({"width": width, "height": 800})
    console.jobs.add("churn-2-r2", labels={"trigger": "retry", "retry_of": "churn-2"})
    console.failed("churn-3", "no")  # the only one of them that can be retried
    runs = [f"/runs/{name}" for name in ("churn-1", "churn-2", "churn-2-r2", "churn-3", "x")]
    step = "/runs/churn-1/tasks/train-churn-model"
    lineage, compared = "/runs/churn-1/lineage", "/compare?runs=churn-1,churn-2"
    for path in ("/", "/?q=x", *runs, step, lineage, compared):
        page.goto(console.url(path))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_printed_page_is_not_cut_off(console, page):
    """A page of A4 has 190 mm between its margins."""
    console.trained("churn-1")
    console.trained("churn-2")
    page.set_viewport_size({"width": 718, "height": 1000})
    page.emulate_media(media="print")
    step = "/runs/churn-1/tasks/train-churn-model"
    for path in ("/", "/runs/churn-1", step, "/runs/churn-1/lineage", "/compare?runs=churn-1,churn-2"):
        page.goto(console.url(path))
        assert page.evaluate("document.documentElement.scrollWidth") <= 718, path


def test_the_graph_of_a_usual_run_fits_a_laptop_screen():
    steps = [Task(f"step-{number}", "Step", (f"step-{number - 1}",) * (number > 0)) for number in range(7)]
    assert draw(steps).width <= 1280 - 2 * 24


def test_a_failed_step_opens_its_log_at_the_line_that_says_why(console, page):
    console.failed("churn-1", "StepError: no such table")
    log = console.jobs.folder("churn-1") / "logs" / "exit-handler-1.run-dataform.log"
    trace = "Traceback (most recent call last):\n  File x\nStepError: no such table\n"
    log.write_text("before\n" * 300 + trace + "after\n" * 150)
    page.goto(console.url("/runs/churn-1/tasks/run-dataform"))
    cause, box = (page.locator(name).bounding_box() for name in ("#cause", ".log"))
    assert box["y"] <= cause["y"] and cause["y"] + cause["height"] <= box["y"] + box["height"]
    page.goto(console.url("/runs/churn-1"))
    page.get_by_role("link", name="Show it in the log").click()
    page.get_by_role("searchbox").fill("no such")
    page.get_by_role("searchbox").press("Enter")
    page.locator("#lines li").nth(1).wait_for(state="detached")
    assert page.locator("#lines li").count() == 1


def test_no_text_in_the_graph_leaves_its_card_or_overlaps(console, page, step_detail):
    ended = {"startTime": "2026-11-25T02:00:00Z", "endTime": "2026-11-25T22:59:59Z"}
    history = [{"state": state, "updateTime": ended["startTime"]} for state in ["RUNNING", "PENDING"] * 12]
    states = ("SUCCEEDED", "FAILED", "CANCELLED", "SKIPPED", "NOT_TRIGGERED", "SUCCEEDED")
    details = [
        step_detail(step, state, **ended, pipelineTaskStatus=history)
        for step, state in zip(STEPS, states, strict=True)
    ]
    console.jobs.add("churn-1", jobDetail={"taskDetails": details})
    page.goto(console.url("/runs/churn-1"))
    texts = page.evaluate(
        """[...document.querySelectorAll("#graph .box")].map(box => {
            const card = box.querySelector(".card").getBBox();
            return [...box.querySelectorAll("text")].map(text => {
                const {x, y, width, height} = text.getBBox();
                const right = card.x + card.width - x - width;
                return [x - card.x, y - card.y, right, card.y + card.height - y - height, y, y + height];
            });
        })"""
    )
    assert sum(map(len, texts)) >= 4 * len(states)
    for box in ([text for text in box if text[5] > text[4]] for box in texts):
        assert all(min(edges[:4]) >= 0 for edges in box), box
        assert all(above[5] <= below[4] + 2 for above, below in pairwise(box)), box


def test_a_page_works_without_scripts(console, chromium, step_detail):
    details = [step_detail("export-sales", "RUNNING")]
    state = {"state": "PIPELINE_STATE_RUNNING", "endTime": None, "jobDetail": {"taskDetails": details}}
    console.jobs.add("churn-1", **state)
    (console.jobs.folder("churn-1") / "logs" / "exit-handler-1.export-sales.log").write_text(
        "WARNING odd\nwell\n"
    )
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(console.url("/runs/churn-1/tasks/export-sales"))
        page.get_by_label("Level").select_option("warning")
        page.get_by_role("button", name="Search").click()
        page.wait_for_url("**level=warning**")
        assert page.locator("#lines .said").all_text_contents() == ["WARNING odd"]
        assert page.locator("noscript meta[http-equiv=refresh]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_runs(console, chromium, axe, scheme):
    console.trained("churn-1")
    console.failed("churn-2", "StepError: no such table")
    log = console.jobs.folder("churn-2") / "logs" / "exit-handler-1.run-dataform.log"
    log.write_text("INFO: one\nWARNING: two\nTraceback (most recent call last):\n  File x\nStepError: no\n")
    paths = (
        "/",
        "/runs/churn-1",
        "/runs/churn-2",
        "/runs/churn-1/tasks/train-churn-model",
        "/runs/churn-2/tasks/run-dataform?all=1",
        "/compare?runs=churn-1,churn-2",
        "/runs/churn-1/lineage",
    )
    with chromium.new_context(bypass_csp=True, color_scheme=scheme) as context:
        page = context.new_page()
        for path in paths:
            page.goto(console.url(path))
            page.evaluate(axe)
            options = "{iframes: false}"
            found = page.evaluate(f"axe.run({options}).then(found => found.violations)")
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], path
