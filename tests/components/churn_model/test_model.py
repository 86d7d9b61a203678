"""The model on made-up examples: what it learns, what it predicts, and that it is reproducible."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from components.churn_model import threads
from components.churn_model.examples import Examples
from components.churn_model.model import BOOSTING, NAMES, Recipe, choose_recipe, fit

HORIZON = 90
AT = date(2025, 6, 1)
FITTED = [Recipe.FULL, Recipe.LINEAR, Recipe.FALLBACK]


@pytest.mark.parametrize("recipe", [Recipe.FULL, Recipe.LINEAR])
def test_every_recipe_learns_and_copes_with_gaps(
    many: Examples, made_up: Callable[..., Examples], recipe: Recipe
) -> None:
    model = fit(many, recipe, HORIZON)
    unseen = made_up(2000, [date(2025, 1, 1)], seed=9)
    probability = model.predict(unseen.features, AT)
    assert probability[unseen.churned].mean() > probability[~unseen.churned].mean() + 0.25


def test_the_fallback_reads_no_label(many: Examples) -> None:
    flipped = replace(many, churned=~many.churned)
    first, second = (fit(examples, Recipe.FALLBACK, HORIZON) for examples in (many, flipped))
    assert np.array_equal(first.predict(many.features, AT), second.predict(many.features, AT))
    assert first.purchases == second.purchases


def test_the_members_share_the_log_odds(many: Examples) -> None:
    model = fit(many, Recipe.FULL, HORIZON)
    features = many.features[:200]

    def log_odds(probability: np.ndarray) -> np.ndarray:
        return np.log(probability / (1 - probability))

    assert model.trees is not None
    assert model.linear is not None
    assert model.season is not None
    members = (
        model.trees.decision_function(features[:, model.tree_columns]),
        model.linear.log_odds(features),
        log_odds(np.clip(model.purchases.silence_probability(features, HORIZON), 1e-4, 1 - 1e-4)),
    )
    assert log_odds(model.predict(features, AT)) == pytest.approx(sum(members) / 3)
    in_a_year = date(2026, 3, 1)
    season = model.season.offset(in_a_year, HORIZON)
    assert season != 0
    shares = (0.5, 0.25, 0.25)
    weighted = sum(share * member for share, member in zip(shares, members, strict=True))
    assert log_odds(model.predict(features, in_a_year)) == pytest.approx(weighted + season)


@pytest.mark.parametrize("recipe", FITTED)
def test_the_parts_of_a_blend_add_up_to_what_is_predicted(many: Examples, recipe: Recipe) -> None:
    model = fit(many, recipe, HORIZON)
    features = many.features[:50]
    for day in (AT, date(2026, 3, 1)):
        blend = model.blend(features, day)
        assert sum(part.weight for part in blend.parts) == pytest.approx(1)
        assert [part.member for part in blend.parts] == [
            name for name in ("gradient boosting", "logistic regression", "MBG/NBD") if name in recipe
        ]
        whole = sum(part.weight * part.log_odds for part in blend.parts) + blend.season
        assert 1 / (1 + np.exp(-whole)) == pytest.approx(model.predict(features, day))
        assert blend.log_odds == pytest.approx(whole)


def test_fitting_again_gives_the_same_model_and_other_data_another(many: Examples) -> None:
    first, second = (fit(many, Recipe.FULL, HORIZON) for _ in range(2))
    assert first.version == second.version
    assert np.array_equal(first.predict(many.features, AT), second.predict(many.features, AT))

    flipped = many.churned.copy()
    flipped[0] = not flipped[0]
    others = [
        fit(replace(many, churned=flipped), Recipe.LINEAR, HORIZON),
        fit(many, Recipe.LINEAR, HORIZON),
        fit(many, Recipe.LINEAR, HORIZON + 1),
        first,
    ]
    assert len({model.version for model in others}) == 4


def test_features_of_only_the_newest_cutoffs_are_used_and_empty_ones_left_out(many: Examples) -> None:
    model = fit(many, Recipe.FULL, HORIZON)
    assert model.linear is not None
    empty = np.flatnonzero(np.isnan(many.features).all(axis=0))
    assert len(empty) == 1
    assert not np.isin(empty, model.linear.columns).any()
    assert not np.isin(empty, model.tree_columns).any()


def test_thin_data_get_a_simpler_recipe() -> None:
    assert [choose_recipe(rarer) for rarer in (49, 50, 99, 100)] == [
        Recipe.FALLBACK,
        Recipe.LINEAR,
        Recipe.LINEAR,
        Recipe.FULL,
    ]


def test_the_trees_have_a_seed_and_never_stop_early() -> None:
    assert BOOSTING["random_state"] == 0
    assert BOOSTING["early_stopping"] is False


@pytest.mark.parametrize("amount", [0.0, -5.0, 1e12])
def test_constant_or_absurd_amounts_give_finite_predictions(many: Examples, amount: float) -> None:
    features = many.features.copy()
    features[:, 14:24] = amount
    model = fit(replace(many, features=features), Recipe.FULL, HORIZON)
    assert np.isfinite(model.predict(features, AT)).all()


@pytest.mark.parametrize("value", [0.0, 2.0, 70.0])
def test_a_feature_that_never_varied_does_not_move_predictions(many: Examples, value: float) -> None:
    column = NAMES.index("categories")
    features = many.features.copy()
    features[:, column] = value
    model = fit(replace(many, features=features), Recipe.LINEAR, HORIZON)
    other = features[:20].copy()
    other[:, column] = value + 1
    assert model.predict(other, AT) == pytest.approx(model.predict(features[:20], AT))


@pytest.mark.parametrize("recipe", FITTED)
def test_identical_customers_get_the_share_that_churns(many: Examples, recipe: Recipe) -> None:
    alike = np.tile(many.features[0], (len(many.features), 1))
    model = fit(replace(many, features=alike), recipe, HORIZON)
    [probability] = np.unique(model.predict(alike, AT))
    assert 0 < probability < 1
    if model.linear is not None:
        own = 1 / (1 + np.exp(-model.linear.log_odds(alike[:1])))
        assert own == pytest.approx(many.churned.mean(), abs=1e-3)


def test_a_model_predicts_for_days_long_after_its_training(many: Examples) -> None:
    model = fit(many, Recipe.LINEAR, HORIZON)
    later = model.predict(many.features, AT + timedelta(days=5000))
    assert np.isfinite(later).all()


def test_the_number_of_cores_changes_no_bit(many: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    """So the machine may be chosen by size, and a day rerun on another one gives the same result."""
    monkeypatch.setattr(threads, "FEWEST_ROWS", 0)
    with threadpool_limits(1):
        alone = fit(many, Recipe.FULL, HORIZON).predict(many.features, AT)
    with threadpool_limits(4):
        together = fit(many, Recipe.FULL, HORIZON).predict(many.features, AT)
    assert alone.tobytes() == together.tobytes()


def test_the_base_rate_is_the_same_for_everybody_and_gives_no_reasons(many: Examples) -> None:
    model = fit(many, Recipe.FULL, HORIZON).base_rate
    probability, reasons = model.explain(many.features[:5], AT)
    assert probability == pytest.approx(many.churned.mean())
    assert reasons.to_pylist() == [[]] * 5
    assert model.grounds(many.features[:5], AT) == [{}] * 5
    assert not model.ranks
    assert model.version.endswith("-base-rate")
