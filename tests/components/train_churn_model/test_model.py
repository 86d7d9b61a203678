"""The model on made-up examples: what it learns, what it says and that it says it again."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import joblib
import numpy as np
import pytest

from components.shared.errors import StepError
from components.train_churn_model.evaluation import LATER_TIME, OTHER_CUSTOMERS, evaluate
from components.train_churn_model.examples import Examples
from components.train_churn_model.features import FEATURES, label_of
from components.train_churn_model.model import NAMES, ChurnModel, Recipe, choose_recipe, fit
from components.train_churn_model.step import check_closed

RECENCY, VISITS, LAST_YEAR = (
    NAMES.index(name) for name in ("recency_days", "visits", "visits_same_window_last_year")
)
CUTOFFS = [date(2025, 1, 1) + timedelta(days=30 * number) for number in range(6)]
HORIZON = 90


def make_examples(customers: int, cutoffs: list[date], seed: int = 0, share: float = 0.5) -> Examples:
    """Return examples whose churn grows with recency and falls with visits; the rest is noise and gaps."""
    generator = np.random.default_rng(seed)
    rows = customers * len(cutoffs)
    features = generator.gamma(2, 10, size=(rows, len(NAMES)))
    features[generator.uniform(size=features.shape) < 0.1] = np.nan
    features[:, [RECENCY, VISITS]] = generator.gamma(2, 10, size=(rows, 2))
    features[:, LAST_YEAR] = np.nan
    log_odds = 3 * np.log1p(features[:, RECENCY]) - 3 * np.log1p(features[:, VISITS])
    log_odds += np.log(share / (1 - share))
    churned = generator.uniform(size=rows) < 1 / (1 + np.exp(-log_odds))
    return Examples(features, churned, np.repeat(np.array(cutoffs, dtype="datetime64[D]"), customers))


@pytest.fixture(scope="module")
def many() -> Examples:
    return make_examples(400, CUTOFFS)


@pytest.mark.parametrize("recipe", list(Recipe))
def test_every_recipe_learns_and_copes_with_gaps(many: Examples, recipe: Recipe) -> None:
    model = fit(many, recipe, HORIZON)
    unseen = make_examples(2000, CUTOFFS[:1], seed=9)
    probability = model.predict(unseen.features)
    assert probability[unseen.churned].mean() > probability[~unseen.churned].mean() + 0.25


def test_fitting_again_gives_the_same_model_and_other_data_another(many: Examples, tmp_path: Path) -> None:
    first, second = (fit(many, Recipe.BOOSTING_AND_LOGISTIC, HORIZON) for _ in range(2))
    first.save(tmp_path / "first")
    second.save(tmp_path / "second")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    loaded = ChurnModel.load(tmp_path / "first")
    assert np.array_equal(loaded.predict(many.features), second.predict(many.features))

    flipped = many.churned.copy()
    flipped[0] = not flipped[0]
    others = [
        fit(replace(many, churned=flipped), Recipe.LOGISTIC, HORIZON),
        fit(many, Recipe.LOGISTIC, HORIZON),
        fit(many, Recipe.LOGISTIC, HORIZON + 1),
        first,
    ]
    assert len({model.version for model in others}) == 4


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    joblib.dump({"a": "dictionary"}, tmp_path / "other")
    with pytest.raises(TypeError, match="holds no churn model"):
        ChurnModel.load(tmp_path / "other")


def test_reasons_are_the_largest_contributions_one_a_family(many: Examples) -> None:
    model = fit(many, Recipe.BOOSTING_AND_LOGISTIC, HORIZON)
    features = many.features[:50]
    reasons = model.reasons(features)
    known = [NAMES[column] for column in model.linear_columns]
    log, scaler, _, logistic = (part for _, part in model.linear.steps)
    for row, said in zip(features, reasons, strict=True):
        values = (log.transform(row[model.linear_columns]) - scaler.mean_) / scaler.scale_
        scaled = np.nan_to_num(values, nan=0.0)
        by_size = sorted(zip(scaled * logistic.coef_[0], scaled, known, strict=True), reverse=True)
        families: dict[str, str] = {}
        for contribution, value, name in by_size:
            if contribution > 0:
                side = "above" if value > 0 else "below"
                families.setdefault(FEATURES[name].family, f"{label_of(name, HORIZON)}: {side} average")
        assert said == list(families.values())[:3]


def test_a_long_silence_is_named(many: Examples) -> None:
    model = fit(many, Recipe.BOOSTING_AND_LOGISTIC, HORIZON)
    features = np.full((1, len(NAMES)), np.nan)
    features[0, RECENCY] = 500
    assert model.reasons(features) == [["days since the last purchase: above average"]]


def test_labels_name_the_windows_in_days() -> None:
    assert label_of("visits_in_quarter_horizon", 90) == "days with a purchase in the last 22 days"
    assert label_of("spend_in_4_horizons", 90) == "spend in the last 360 days"


def test_the_judged_model_has_seen_no_outcome_that_was_open_at_the_newest_cutoff(many: Examples) -> None:
    judged = evaluate(many, Recipe.LOGISTIC, HORIZON)
    closed = np.datetime64(CUTOFFS[-1]) - np.timedelta64(HORIZON, "D")
    open_ones = many.cutoff_dates > closed
    assert open_ones.sum() == 3 * 400
    corrupted = replace(many, churned=np.where(open_ones, ~many.churned, many.churned))
    assert np.array_equal(evaluate(corrupted, Recipe.LOGISTIC, HORIZON).probability, judged.probability)
    assert judged.protocol == LATER_TIME
    assert judged.rows_fitted == 3 * 400

    first = many.cutoff_dates == many.cutoff_dates.min()
    used = replace(many, churned=np.where(first, ~many.churned, many.churned))
    assert not np.array_equal(evaluate(used, Recipe.LOGISTIC, HORIZON).probability, judged.probability)


def test_one_cutoff_is_judged_on_other_customers() -> None:
    examples = make_examples(300, CUTOFFS[:1])
    judged = evaluate(examples, Recipe.LOGISTIC, HORIZON)
    assert judged.protocol == OTHER_CUSTOMERS
    assert len(judged.models) == 5
    assert sum(len(test.churned) for _, test in judged.models) == 300
    flipped = examples.churned.copy()
    flipped[0] = not flipped[0]
    assert judged.probability[0] == pytest.approx(
        evaluate(replace(examples, churned=flipped), Recipe.LOGISTIC, HORIZON).probability[0], abs=0.1
    )


def test_thin_data_get_a_simpler_recipe() -> None:
    assert [choose_recipe(rarer) for rarer in (49, 50, 999, 1000)] == [
        Recipe.FALLBACK,
        Recipe.LOGISTIC,
        Recipe.LOGISTIC,
        Recipe.BOOSTING_AND_LOGISTIC,
    ]


def test_customers_who_all_do_the_same_teach_nothing() -> None:
    examples = make_examples(100, CUTOFFS[:1])
    with pytest.raises(StepError, match="100 of 100 customers churned"):
        evaluate(replace(examples, churned=np.full(100, True)), Recipe.FALLBACK, HORIZON)


def test_an_open_label_is_refused(many: Examples) -> None:
    check_closed(many, CUTOFFS[-1] + timedelta(days=HORIZON), HORIZON)
    with pytest.raises(StepError, match="label is not known yet"):
        check_closed(many, CUTOFFS[-1] + timedelta(days=HORIZON - 1), HORIZON)
