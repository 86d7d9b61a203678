"""Runs in which every text tries to become a script."""

from html.parser import HTMLParser

import pytest

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'
LINK = "javascript:alert(3)"
ATTACKS = (SCRIPT, IMAGE, LINK)
PATHS = ("/", "/runs/churn-1", "/runs/churn-1/tasks/export-sales", "/compare?runs=churn-1,churn-2")
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
)


class Tags(HTMLParser):
    """The start tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def add_hostile(console, step_detail, step_artifact, attack: str) -> None:
    spec = {
        "pipelineInfo": {"name": attack},
        "root": {
            "dag": {
                "tasks": {
                    "export-sales": {"componentRef": {"name": "c"}, "taskInfo": {"name": attack}},
                    attack: {"componentRef": {"name": "c"}, "dependentTasks": ["export-sales"]},
                }
            }
        },
        "components": {"c": {}},
    }
    outputs = {
        **step_artifact("page", "system.HTML", attack),
        **step_artifact("other", attack, attack, **{attack: attack}),
        **step_artifact("metrics", "system.Metrics", **{attack: 1, "text": attack}),
    }
    outputs["page"]["artifacts"][0]["displayName"] = attack
    matrix = {"annotationSpecs": [{"displayName": attack}], "rows": [{"row": [1]}]}
    outputs |= step_artifact("classification", "system.ClassificationMetrics", confusionMatrix=matrix)
    failed = step_detail(
        "export-sales",
        "FAILED",
        taskUniqueName="export-sales",
        error={"code": 9, "message": attack},
        inputs=step_artifact(attack, attack, attack, **{attack: attack}),
        outputs=outputs,
        execution={"metadata": {f"input:{attack}": attack, f"output:{attack}": attack}},
    )
    for run_id in ("churn-1", "churn-2"):
        console.jobs.add(
            run_id,
            displayName=attack,
            pipelineSpec=spec,
            state="PIPELINE_STATE_FAILED",
            error={"code": 9, "message": attack},
            labels={"trigger": attack, attack: attack},
            runtimeConfig={"parameterValues": {"as_of": attack, attack: attack}},
            jobDetail={"taskDetails": [failed]},
        )
        (console.jobs.folder(run_id) / "logs" / "export-sales.log").write_text(attack)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("path", PATHS)
def test_no_text_of_a_run_becomes_markup(console, step_detail, step_artifact, attack, path):
    add_hostile(console, step_detail, step_artifact, attack)
    page = console.get(path)
    assert attack.replace('"', "&#34;").replace("<", "&lt;").replace(">", "&gt;") in page
    for tag, attributes in Tags(page).found:
        assert tag != "script" or attributes == {"src": "/static/log.js", "defer": None}
        assert tag != "img" or attributes["src"] == "/static/icon.svg"
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("href", "src", "action"):
            assert attributes.get(name, "/").startswith("/") or attributes[name] == "#cause", attributes


@pytest.mark.parametrize("path", [*PATHS, "/runs/nowhere", "/static/live.js", "/runs/churn-1/log"])
def test_every_answer_has_the_policy(console, step_detail, step_artifact, path):
    add_hostile(console, step_detail, step_artifact, SCRIPT)
    headers = console.client.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_name_in_the_address_is_escaped_too(console):
    page = console.get(f"/runs/{SCRIPT.replace('/', '%2F')}", 404)
    assert "<script" not in page


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_browser_runs_no_script_from_a_run(console, step_detail, step_artifact, page, attack):
    add_hostile(console, step_detail, step_artifact, attack)
    folder = console.jobs.folder("churn-1")
    (folder / "page").write_text(f"<p>shown</p>{SCRIPT}{IMAGE}")
    (artifact,) = console.jobs.jobs["churn-1"].job_detail.task_details[0].outputs["page"].artifacts
    artifact.uri = str(folder / "page")
    for path in PATHS:
        page.goto(console.url(path))
        page.locator("main").wait_for()
    page.goto(console.url("/runs/churn-1/tasks/export-sales"))
    page.frame_locator("iframe").get_by_text("shown").wait_for()
    page.goto(console.url("/artifacts/churn-1/export-sales/page/0"))
    page.get_by_text("shown").wait_for()


@pytest.mark.parametrize("name", [5_000 * "x", 1_000 * "long "], ids=["word", "words"])
def test_a_long_name_stays_within_the_page(console, step_detail, step_artifact, page, name):
    add_hostile(console, step_detail, step_artifact, name)
    page.set_viewport_size({"width": 1280, "height": 800})
    for path in PATHS:
        page.goto(console.url(path))
        page.locator("main").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, path
        cells = "all => all.filter(one => !one.matches('.figures, .number') && one.offsetWidth > 1280).length"
        assert page.eval_on_selector_all("th, td", cells) == 0, path
