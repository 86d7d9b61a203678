"""The lineage of a run, worked out by hand."""

import re

import pytest

from localcloud.console.lineage import lineage_of
from localcloud.console.runs import Run
from tests.localcloud.console.conftest import artifact, detail

TABLE = {"projectId": "p", "datasetId": "shop", "tableId": "orders"}
INSIDE = {
    "p.shop.orders": ["p.shop.lines", "p.shop.assert_lines"],
    "p.shop.lines": ["p.shop.raw"],
    "p.shop.raw": [],
    "p.shop.unused": ["p.shop.orders"],
}
EXPORT, BUILD, TRAIN = (
    f"exit-handler-1.{name}" for name in ("export-sales", "run-dataform", "train-churn-model")
)


@pytest.fixture
def run(console):
    """A run that exports a file, builds a table from it and trains a model on that."""
    sales = artifact("sales", "system.Dataset", "gs://b/sales")
    orders = artifact("orders", "system.Artifact", "https://bigquery.test/t", **TABLE)
    made = artifact("model", "system.Model", "/m") | artifact("report", "system.HTML", "/r")
    details = [
        detail("export-sales", outputs=sales),
        detail("run-dataform", inputs=sales, outputs=orders),
        detail(
            "train-churn-model", inputs=orders, outputs=made | artifact("metrics", "system.Metrics", rows=1)
        ),
        detail("record-run", outputs=artifact("receipt", "system.Metrics", cost=1)),
    ]
    return Run(console.jobs.add("churn-1", jobDetail={"taskDetails": details}))


def test_steps_are_joined_by_what_they_pass_on(run):
    assert lineage_of(run, {}).made_from == {
        EXPORT: [],
        "gs://b/sales": [EXPORT],
        BUILD: ["gs://b/sales"],
        "p.shop.orders": [BUILD],
        TRAIN: ["p.shop.orders"],
        "/m": [TRAIN],
    }


def test_tables_that_dataform_made_stand_in_between(run):
    found = lineage_of(run, {BUILD: INSIDE})
    assert found.made_from["p.shop.orders"] == ["p.shop.lines"]
    assert found.made_from["p.shop.lines"] == ["p.shop.raw"]
    assert found.made_from["p.shop.raw"] == [BUILD]
    assert "p.shop.unused" not in found.nodes
    order = [task.name for task in found.tasks()]
    assert order.index(BUILD) < order.index("p.shop.raw") < order.index("p.shop.orders") < order.index(TRAIN)


def test_a_cycle_is_not_drawn(run):
    assert (
        lineage_of(
            run, {BUILD: {"p.shop.orders": ["p.shop.lines"], "p.shop.lines": ["p.shop.orders"]}}
        ).tasks()
        == []
    )


def test_the_page_links_to_each_step(console, run):
    page = console.get("/runs/churn-1/lineage")
    assert re.findall(r'<a href="([^"]*)" class="box', page) == [
        f"/runs/churn-1/tasks/{name}" for name in (EXPORT, BUILD, TRAIN)
    ]
    assert 'role="img" aria-label="orders table"' in page
    assert 'href="/runs/churn-1/lineage"' in console.get("/runs/churn-1")


def test_a_run_that_has_made_nothing_says_so(console):
    console.jobs.add("churn-1")
    assert "No outputs yet." in console.get("/runs/churn-1/lineage")
