"""docs/reliability.md has the pipeline's steps, the matrix's faults, and no bad outcome."""

import inspect
import json
from importlib import import_module
from pathlib import Path
from unittest.mock import Mock

import pytest

from components.export_sales import step as export_step
from localcloud.endpoints import Endpoints
from pipelines.sizes import steps_of
from pipelines.specification import COMPILED
from tests.faults import scorecard
from tests.faults.fault import Fault
from tests.faults.ground import Ground
from tests.faults.matrix import ALL, Outcome, Result
from tests.faults.scenes import SCENES
from tests.faults.shop import make_shop
from tests.faults.steps import STEPS

PAGE = scorecard.PAGE.read_text(encoding="utf-8")
FEWEST = 200


def test_every_step_of_the_pipeline_has_its_faults() -> None:
    steps = steps_of(json.loads(COMPILED.read_text(encoding="utf-8")))
    assert {*steps} - {"number_shards"} <= STEPS.keys()  # number_shards calls no service
    assert len(steps) >= 7


@pytest.mark.parametrize("name", STEPS)
def test_every_step_is_given_what_it_takes(name: str, tmp_path: Path) -> None:
    ground = Ground(Endpoints("p", {}), tmp_path, make_shop(), Mock(), Mock())
    if name == "train_churn_model":
        STEPS[name].prepare(ground, "f1x")  # which chooses its registry
    work = STEPS[name].work(ground, "f1x", "run", str(tmp_path))
    given = work.arguments | work.artifacts
    function = getattr(import_module(work.module), work.function)
    if work.function == "export":
        function = getattr(export_step, given.pop("function"))
    inspect.signature(function).bind(**given)


def test_the_page_has_these_steps_and_faults_and_scenes() -> None:
    cells, _, _ = scorecard.in_page(PAGE)
    assert {fault for fault, _ in cells} == set(ALL)
    assert {step for _, step in cells} == STEPS.keys()
    told = [line.strip("| ").rsplit(" |", 1)[0] for line in PAGE.splitlines() if line.startswith("| ")]
    assert {scene.told for scene in SCENES.values()} <= {line.partition(" |")[0] for line in told}


def test_the_page_total_matches_its_cells_and_nothing_is_bad() -> None:
    cells, _, total = scorecard.in_page(PAGE)
    assert total in PAGE
    assert total.endswith(" 0 bad.**")
    assert not [key for key, cell in cells.items() if cell and not cell.endswith(" · 0")]
    assert int(total.strip("*").split()[0]) >= FEWEST


@pytest.fixture
def page(tmp_path, monkeypatch):
    path = tmp_path / "reliability.md"
    path.write_text(f"before\n{scorecard.BEGIN}old\n{scorecard.END}after\n", encoding="utf-8")
    monkeypatch.setattr(scorecard, "PAGE", path)
    return path


def test_a_run_writes_its_results_between_the_markers_only(page) -> None:
    results = [
        Result("record_run", Fault.RESET, Outcome.SURVIVED, "storage GET /a", ""),
        Result("record_run", Fault.RESET, Outcome.MENDED, "storage GET /b", "reset"),
        Result("export_sales", Fault.TOO_MANY, Outcome.BAD, "storage GET /c", "a row twice"),
    ]
    scorecard.write(results)
    scorecard.write([Result("run_dataform", Fault.RESET, Outcome.SURVIVED, "storage GET /a", "")])
    text = page.read_text(encoding="utf-8")
    cells, _, total = scorecard.in_page(text)
    assert cells[Fault.RESET, "record_run"] == "1 · 1 · 0"
    assert cells[Fault.RESET, "run_dataform"] == "1 · 0 · 0"
    assert cells[Fault.TOO_MANY, "export_sales"] == "0 · 0 · 1"
    assert total.startswith("**4 faults: 2 survived, 1 failed clearly")
    assert total in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text


def test_a_bad_outcome_is_listed(page) -> None:
    scorecard.write([Result("export_sales", Fault.TOO_MANY, Outcome.BAD, "storage GET /c", "a row twice")])
    assert "- Bad: export_sales, 429 at `storage GET /c`: a row twice" in page.read_text(encoding="utf-8")
