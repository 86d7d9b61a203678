"""What docs/architecture.md names is where it says."""

import re
from pathlib import Path

from infra.tables import definitions

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## What is defined once")[2].partition("\n## ")[0]


def test_every_place_exists() -> None:
    places = re.findall(r"`([^` ]*/[^` ]*)`", SECTION)
    assert {"contracts/*.yaml", "infra/tables/*.sql", "generate/"} <= set(places)
    assert all(list(ROOT.glob(place.rstrip("/"))) for place in places), places


def test_every_module_of_the_orchestrator_is_named() -> None:
    section = PAGE.partition("## Modules of `orchestrator/`")[2].partition("\n## ")[0]
    modules = {path.name for path in (ROOT / "orchestrator").glob("*.py")} - {"__init__.py"}
    assert set(re.findall(r"(?m)^\| `(\w+\.py)` \|", section)) == modules


def test_decisions_are_made_where_the_page_says() -> None:
    section = PAGE.partition("## Where is it decided?")[2]
    rows = re.findall(r"(?m)^\| (?!What|---)[^|]+\| ((?:`[^`]+`,? )+)in `([^`]+)`", section)
    assert len(rows) == section.count("\n| ") - 1 > 20
    missing = [
        (word, place)
        for words, place in rows
        for word in re.findall(r"`([^`]+)`", words)
        if word not in (ROOT / place).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_step_is_in_the_picture() -> None:
    picture = PAGE.partition("## The picture")[2].partition("\n## ")[0]
    dag = (ROOT / "pipelines/customer_churn.py").read_text(encoding="utf-8")
    components = [path.parent.name for path in ROOT.glob("components/*/component.py")]
    steps = [name for name in components if f"import {name}\n" in dag]
    assert len(steps) >= 7
    assert [step for step in steps if not re.search(rf"(?m)^  {step} ", picture)] == []


def test_no_step_makes_a_table_that_lasts() -> None:
    made = [
        (path.name, name)
        for path in ROOT.glob("components/**/*.sql")
        for name in re.findall(
            r"CREATE (?:OR REPLACE )?TABLE (?:IF NOT EXISTS )?(\S+)", path.read_text(encoding="utf-8")
        )
    ]
    assert made == []
    assert {"churn_drift", "churn_outcomes", "fact_predictions_churn", "pipeline_runs"} < set(definitions())
