"""The Model Registry through Google's SDK, with the files in the bucket."""

import json
import uuid
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.churn_model import saved_model
from components.churn_model.examples import Examples
from components.churn_model.model import Recipe, fit
from components.shared.clients import vertex_sdk
from components.shared.names import BUCKET
from components.train_churn_model.registry import Registry

DAY = date(2025, 11, 30)
PROJECT = "winter-days-local"


def saved(many: Examples, folder: Path, rows: int, **more: Any) -> Path:
    """Save a distinct model for each number of rows; `more` are further facts."""
    model = fit(many.take(np.arange(len(many.churned)) < rows), Recipe.LINEAR, 90)
    facts = {
        "rows": rows,
        "cutoff_dates": ["2025-09-01"],
        "decision": "It is better.",
        "metrics": {"roc_auc": 0.81234, "log_loss": 0.5, "expected_calibration_error": 0.01},
    }
    saved_model.save(folder, model, None, facts | more)
    return folder


@pytest.fixture
def registry(services: None) -> Registry:
    """Return a registry for a horizon that no other test uses."""
    return Registry(PROJECT, "us-central1", BUCKET, uuid.uuid4().int % 10**9)


def version_at(registry: Registry, day: date, folder: Path) -> str:
    if not registry.fetch_champion(day, folder):
        return "none"
    return saved_model.load(folder).served.version


def test_the_champion_of_a_day_is_the_last_one_promoted_by_then(
    registry: Registry, many: Examples, tmp_path: Path
) -> None:
    folders = [saved(many, tmp_path / str(number), 500 + number) for number in range(3)]
    first, second, third = (saved_model.load(folder).served.version for folder in folders)
    assert version_at(registry, DAY, tmp_path / "before") == "none"
    registry.register(folders[0], DAY, promoted=True)
    registry.register(folders[1], date(2025, 12, 1), promoted=False)
    registry.register(folders[2], date(2025, 12, 2), promoted=True)
    champions = {
        str(day): version_at(registry, day, tmp_path / f"at-{day}")
        for day in (date(2025, 11, 29), DAY, date(2025, 12, 1), date(2025, 12, 2), date(2026, 1, 1))
    }
    assert list(champions.values()) == ["none", first, first, third, third]
    assert second not in champions.values()


def test_versions_say_what_they_are(registry: Registry, many: Examples, tmp_path: Path) -> None:
    folder = saved(many, tmp_path / "one", 400)
    name = registry.register(folder, DAY, promoted=True)
    other = registry.register(saved(many, tmp_path / "other", 401), DAY, promoted=False)
    sdk = vertex_sdk(PROJECT, "us-central1")
    model: Any = sdk.Model(f"{registry.model_id}@champion")
    assert model.versioned_resource_name.endswith(name.rpartition("/")[2])
    assert sdk.Model(f"{registry.model_id}@challenger").versioned_resource_name.endswith(
        other.rpartition("/")[2]
    )
    manifest = json.loads((folder / saved_model.MANIFEST).read_text())
    assert model.labels == {
        "digest": manifest["version"],
        "as-of": "2025-11-30",
        "promoted": "2025-11-30",
        "horizon-days": "90",
        "rows": "400",
        "newest-cutoff": "2025-09-01",
        "roc_auc": "0-8123",
        "log_loss": "0-5000",
        "expected_calibration_error": "0-0100",
    }
    assert model.uri == f"gs://{BUCKET}/mlops/models/{manifest['version']}"
    assert model.version_description == manifest["decision"]


def test_a_version_says_what_was_decided_about_its_spend_model(
    registry: Registry, many: Examples, tmp_path: Path
) -> None:
    spend = {"figures": {"spend_gini": 0.7870}, "promoted": True, "decision": "Its trees say it."}
    registry.register(saved(many, tmp_path / "one", 410, spend=spend), DAY, promoted=True)
    model: Any = vertex_sdk(PROJECT, "us-central1").Model(f"{registry.model_id}@champion")
    assert model.version_description.endswith("Expected spend: Its trees say it.")
    assert model.labels["spend_gini"] == "0-7870"
    assert model.labels["spend_promoted"] == "yes"


def test_a_repeated_run_registers_nothing_new(registry: Registry, many: Examples, tmp_path: Path) -> None:
    folder = saved(many, tmp_path / "one", 450)
    first = registry.register(folder, DAY, promoted=True)
    assert registry.register(folder, DAY, promoted=True) == first
    versions = vertex_sdk(PROJECT, "us-central1").models.ModelRegistry(registry.model_id).list_versions()
    assert len(versions) == 1
