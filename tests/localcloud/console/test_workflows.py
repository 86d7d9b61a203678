"""What Dataform did within a step, as the local Dataform reports it from files written here by hand."""

import json
import re

import pytest

from localcloud.console.app import create_console
from localcloud.console.workflows import Workflows
from localcloud.dataform.server import create_app
from tests.localcloud.console.conftest import SETTINGS, serving

REPOSITORY = "projects/winter-days-local/locations/us-central1/repositories/data"
NAME = f"{REPOSITORY}/workflowInvocations/one"
STEP = "/runs/churn-1/tasks/run-dataform"


def action(name: str, state: str, seconds: int = 2, **more) -> dict:
    times = {"startTime": "2026-11-25T02:00:00Z", "endTime": f"2026-11-25T02:00:{seconds:02}Z"}
    return {
        "target": {"database": "p", "schema": "shop", "name": name},
        "state": state,
        "bigqueryAction": {"sqlScript": f"SELECT '<{name}>'", "jobId": f"job-{name}"},
        **({} if state in ("SKIPPED", "PENDING") else {"invocationTiming": times}),
        **more,
    }


ACTIONS = [
    action("orders", "SUCCEEDED", 12),
    action("late", "SKIPPED"),
    action("lines", "FAILED", 3, failureReason="no such column: <b>"),
    action("off", "DISABLED"),
]


@pytest.fixture
def dataform(tmp_path):
    """The address of a local Dataform that keeps an invocation with four actions."""
    folder = tmp_path / "dataform" / NAME
    folder.mkdir(parents=True)
    (folder / "resource.json").write_text(json.dumps({"name": NAME, "state": "FAILED"}))
    (folder / "actions.json").write_text(json.dumps({"workflowInvocationActions": ACTIONS}))
    with serving(create_app(tmp_path / "dataform", "winter-days-local")) as address:
        yield address.removeprefix("http://")


@pytest.fixture
def step(console, servers, dataform):
    """A console over a step whose log names the invocation, and that log."""
    console.failed("churn-1", "one action failed")
    servers[0][0].app = create_console(console.jobs, SETTINGS, None, workflows=Workflows(dataform))
    log = console.jobs.folder("churn-1") / "logs" / "exit-handler-1.run-dataform.log"
    log.write_text(f"waiting for {NAME}\nended {NAME}\n")
    return console, log


def test_failed_actions_come_first_with_their_reason_and_sql(step):
    page = step[0].get(STEP).partition('id="workflows"')[2].partition('id="given"')[0]
    assert re.findall(r"^shop\.(\w+)", page, re.MULTILINE) == ["lines", "late", "off", "orders"]
    row = page[page.index("shop.lines") : page.index("shop.late")]
    assert "no such column: &lt;b&gt;" in row
    assert '<details id="sql-job-lines" open>' in row
    assert "SELECT &#39;&lt;lines&gt;&#39;" in row
    assert ">3.0 s<" in row
    assert "1 failed, 1 not reached, 1 disabled, 1 succeeded of 4 actions" in page
    assert '<details id="sql-job-orders"><summary>' in page


def test_no_action_takes_the_id_of_a_part_of_the_page(step, tmp_path):
    named = action("lines", "SUCCEEDED", bigqueryAction={"sqlScript": "SELECT 1"})
    file = tmp_path / "dataform" / NAME / "actions.json"
    file.write_text(json.dumps({"workflowInvocationActions": [named]}))
    page = step[0].get(STEP)
    assert "SELECT 1" in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(set(ids)) == sorted(ids)


def test_a_forgotten_invocation_is_left_out(step):
    console, log = step
    log.write_text(f"waiting for {REPOSITORY}/workflowInvocations/other\n")
    assert "Dataform actions" not in console.get(STEP)
    log.write_text("waiting for nothing\n")
    assert "Dataform actions" not in console.get(STEP)


def test_without_dataform_only_its_part_of_the_page_is_missing(step, servers):
    console, _ = step
    servers[0][0].app = create_console(console.jobs, SETTINGS, None, workflows=Workflows("127.0.0.1:9"))
    page = console.get(STEP)
    assert "The local Dataform is not responding" in page
    assert "one action failed" in page


def test_tables_and_what_they_depend_on(dataform, tmp_path):
    compiled = f"{REPOSITORY}/compilationResults/two"
    names = {
        name: {"database": "p", "schema": "shop", "name": name}
        for name in ("raw", "lines", "orders", "check")
    }
    graph = {
        "declarations": [{"target": names["raw"]}],
        "tables": [
            {"target": names["lines"], "enumType": "TABLE", "dependencyTargets": [names["raw"]]},
            {
                "target": names["orders"],
                "enumType": "VIEW",
                "dependencyTargets": [names["lines"], names["check"]],
            },
        ],
        "assertions": [{"target": names["check"], "dependencyTargets": [names["lines"]]}],
    }
    folder = tmp_path / "dataform" / compiled
    folder.mkdir(parents=True)
    (folder / "resource.json").write_text(json.dumps({"name": compiled}))
    (folder / "graph.json").write_text(json.dumps(graph))
    told = {"name": NAME, "state": "FAILED", "resolvedCompilationResult": compiled}
    (tmp_path / "dataform" / NAME / "resource.json").write_text(json.dumps(told))
    log = tmp_path / "log"
    log.write_text(f"waiting for {NAME}\nwaiting for {NAME}-forgotten\n")
    assert Workflows(dataform).dependencies(log) == {
        "p.shop.raw": [],
        "p.shop.lines": ["p.shop.raw"],
        "p.shop.orders": ["p.shop.lines", "p.shop.check"],
    }
    log.write_text("nothing\n")
    assert Workflows(dataform).dependencies(log) == {}
