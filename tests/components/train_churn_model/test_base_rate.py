"""A shop of noise: no model is better than chance, the base rate serves, and report and card say so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from components.churn_model.examples import Examples
from components.train_churn_model.report import write_model_card, write_report
from components.train_churn_model.training import Trained, train

HORIZON = 90
CUTOFFS = [date(2025, 1, 1) + timedelta(days=30 * number) for number in range(6)]
AS_OF = CUTOFFS[-1] + timedelta(days=HORIZON)


@pytest.fixture(scope="module")
def noise(made_up: Callable[..., Examples]) -> Examples:
    """Return examples in which churn is drawn at random."""
    examples = made_up(150, CUTOFFS)
    return replace(examples, churned=np.random.default_rng(5).uniform(size=len(examples.churned)) < 0.6)


@pytest.fixture(scope="module")
def trained(noise: Examples, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(noise, AS_OF, HORIZON, tmp_path_factory.mktemp("noise"), champion=None)


def test_everybody_is_given_the_base_rate_and_the_run_warns(trained: Trained, noise: Examples) -> None:
    result = trained.result
    assert result.served_version == f"{result.model_version}-base-rate"
    assert result.given_to_all == pytest.approx(noise.churned.mean())
    [warning] = result.warnings
    assert "Customers are not ranked" in warning
    assert "a longer history or another horizon_days may help" in warning


@pytest.mark.parametrize("name", ["report.html", "model_card.md"])
def test_report_and_card_say_so_with_what_may_help(
    trained: Trained, noise: Examples, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    if name == "report.html":
        write_report(path, trained.result, trained.evaluation, str(AS_OF), HORIZON)
    else:
        write_model_card(path, trained.result, str(AS_OF), HORIZON)
    text = " ".join(path.read_text(encoding="utf-8").split())
    assert "The base rate serves." in text
    assert f"every customer gets {100 * noise.churned.mean():.1f}%" in text
    assert "all lists are empty" in text
    assert "another horizon_days" in text
    assert "its ROC AUC of" in text


def test_a_ranking_models_report_has_both_spreads_instead(
    made_up: Callable[..., Examples], tmp_path: Path
) -> None:
    trained = train(made_up(400, CUTOFFS), AS_OF, HORIZON, tmp_path / "model", champion=None)
    result = trained.result
    assert result.given_to_all is None
    write_report(tmp_path / "report.html", result, trained.evaluation, str(AS_OF), HORIZON)
    write_model_card(tmp_path / "card.md", result, str(AS_OF), HORIZON)
    spread, interval = result.spread["roc_auc"], result.intervals["roc_auc"]
    assert spread.dates > 1
    assert result.claim.upper is not None
    for name in ("report.html", "card.md"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "The base rate serves" not in text
        assert f"{interval.low:.4f} to {interval.high:.4f}" in text
        assert f"{spread.low:.4f} to {spread.high:.4f}" in text
        assert f"over {spread.dates} dates" in text or f"each of {spread.dates} dates" in text
        assert f"up to {result.claim.upper:.3f}" in " ".join(text.split())
