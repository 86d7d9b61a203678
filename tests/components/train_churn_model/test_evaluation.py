"""Judging: no outcome that was still open is seen, and the baselines are judged alike."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from components.churn_model.examples import Examples
from components.churn_model.features import NAMES
from components.churn_model.model import Recipe, fit
from components.shared.errors import StepError
from components.train_churn_model.backtest import backtest
from components.train_churn_model.evaluation import LATER_TIME, OTHER_CUSTOMERS, evaluate
from components.train_churn_model.training import check_closed

HORIZON = 90
AS_OF = date(2025, 8, 29)
CUTOFFS = [date(2025, 1, 1) + timedelta(days=30 * number) for number in range(6)]


def test_the_judged_model_has_seen_no_outcome_that_was_open_at_the_newest_cutoff(many: Examples) -> None:
    judged = evaluate(many, Recipe.LINEAR, HORIZON)
    open_ones = many.cutoff_dates > np.datetime64(CUTOFFS[-1]) - np.timedelta64(HORIZON, "D")
    assert open_ones.sum() == 3 * 400
    corrupted = replace(many, churned=np.where(open_ones, ~many.churned, many.churned))
    again = evaluate(corrupted, Recipe.LINEAR, HORIZON)
    assert np.array_equal(again.probability, judged.probability)
    for name, probability in judged.baselines.items():
        assert np.array_equal(again.baselines[name], probability)
    assert judged.protocol == LATER_TIME
    assert judged.rows_fitted == 3 * 400

    first = many.cutoff_dates == many.cutoff_dates.min()
    used = replace(many, churned=np.where(first, ~many.churned, many.churned))
    assert not np.array_equal(evaluate(used, Recipe.LINEAR, HORIZON).probability, judged.probability)


def test_outcomes_that_neighbouring_cutoffs_share_are_not_learnt(many: Examples) -> None:
    """Outcomes are random, but a customer's windows overlap: a random split of rows learns them all."""
    generator = np.random.default_rng(5)
    customers = 400
    lots = generator.uniform(size=(2, customers)) < 0.5
    churned = np.concatenate([lots[0]] * 3 + [lots[1]] * 3)
    features = generator.uniform(size=many.features.shape)
    for column in ("visits", "tenure_days", "recency_days", "history_days"):
        features[:, NAMES.index(column)] = many.features[:, NAMES.index(column)]
    for column, value in (("spend", lots[0]), ("items", lots[1])):
        features[:, NAMES.index(column)] = np.tile(value + generator.uniform(size=customers), len(CUTOFFS))
    shared = replace(many, features=features, churned=churned)

    judged = evaluate(shared, Recipe.FULL, HORIZON)
    assert 0.4 < roc_auc_score(lots[1], judged.probability) < 0.6

    test = generator.uniform(size=len(churned)) < 0.2
    split = fit(shared.take(~test), Recipe.FULL, HORIZON)
    assert roc_auc_score(churned[test], split.predict(features[test], CUTOFFS[-1])) > 0.75


def test_rows_of_the_judged_cutoff_are_never_trained_on(many: Examples) -> None:
    judged = evaluate(many, Recipe.FULL, HORIZON)
    [(model, test)] = judged.models
    assert set(test.cutoff_dates.tolist()) == {CUTOFFS[-1]}
    assert model.season is not None
    assert max(model.season.cutoff_dates.tolist()) == CUTOFFS[-1] - timedelta(days=HORIZON)


def test_one_cutoff_is_judged_on_other_customers(made_up: Callable[..., Examples]) -> None:
    examples = made_up(300, CUTOFFS[:1])
    judged = evaluate(examples, Recipe.LINEAR, HORIZON)
    assert judged.protocol == OTHER_CUSTOMERS
    assert len(judged.models) == 5
    assert sum(len(test.churned) for _, test in judged.models) == 300
    flipped = examples.churned.copy()
    flipped[0] = not flipped[0]
    again = evaluate(replace(examples, churned=flipped), Recipe.LINEAR, HORIZON)
    assert judged.probability[0] == pytest.approx(again.probability[0], abs=0.15)


@pytest.mark.parametrize("churned", [True, False])
def test_customers_who_all_do_the_same_teach_nothing(made_up: Callable[..., Examples], churned: bool) -> None:
    examples = replace(made_up(100, CUTOFFS[:1]), churned=np.full(100, churned))
    told = "100 of its customers churned and 0" if churned else "0 of its customers churned and 100"
    missing = "stayed" if churned else "churned"
    with pytest.raises(StepError) as raised:
        evaluate(examples, Recipe.FALLBACK, HORIZON)
    assert str(raised.value) == (
        f"in the 90 days from the newest cut-off, 2025-01-01, {told} stayed: a model needs at least 2 of "
        f"each, so 2 more who {missing} are missing; use a longer history, a later as_of or another "
        "horizon_days"
    )


def test_one_customer_teaches_nothing(made_up: Callable[..., Examples]) -> None:
    with pytest.raises(StepError, match=r"(0|1) of its customers churned and (0|1) stayed"):
        evaluate(made_up(1, CUTOFFS[:1]), Recipe.FALLBACK, HORIZON)


def test_an_open_label_is_refused(many: Examples) -> None:
    check_closed(many, CUTOFFS[-1] + timedelta(days=HORIZON), HORIZON)
    with pytest.raises(StepError, match="label is not known yet"):
        check_closed(many, CUTOFFS[-1] + timedelta(days=HORIZON - 1), HORIZON)


def test_the_backtest_judges_past_dates_with_what_was_known_then(many: Examples) -> None:
    past = backtest(many, AS_OF, HORIZON)
    assert [one.cutoff_date for one in past] == CUTOFFS[3:5]
    assert all(one.customers == 400 for one in past)
    later = many.cutoff_dates > np.datetime64(CUTOFFS[1])
    corrupted = replace(many, churned=np.where(later, ~many.churned, many.churned))
    kept, changed = backtest(corrupted, AS_OF, HORIZON)[0], past[0]
    assert kept.predicted == changed.predicted
    assert kept.churned == pytest.approx(1 - changed.churned)


def test_a_short_history_has_no_backtest(made_up: Callable[..., Examples]) -> None:
    assert backtest(made_up(300, CUTOFFS[:3]), AS_OF, HORIZON) == []
