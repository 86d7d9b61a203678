"""The model as fitted to a day: MBG/NBD of its customers, how far it is trusted, and the level."""

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from components.churn_model.day import as_json, fit_day, from_json, on_day, trust_of
from components.churn_model.examples import Examples
from components.churn_model.model import NAMES, Recipe, fit
from components.churn_model.purchase_model import fit_purchases
from components.shared.errors import StepError

HORIZON = 90
UNSEEN, SEEN = date(2025, 6, 1), date(2026, 3, 1)  # without and with a cut-off a year earlier


def test_in_an_unknown_season_the_mean_lies_half_way_to_the_purchase_models(many: Examples) -> None:
    model = fit(many, Recipe.FULL, HORIZON)
    today = many.newest.features
    day = fit_day(model, today, UNSEEN)
    assert day.purchases == fit_purchases(today)
    fresh = on_day(model, fit_day(model, today, SEEN))
    assert fresh.level == 0.0
    without = on_day(model, type(day)(day.purchases, day.trust, 0.0)).predict(today, UNSEEN).mean()
    alone = day.purchases.silence_probability(today, HORIZON).mean()
    assert day.trust == 1.0
    assert on_day(model, day).predict(today, UNSEEN).mean() == pytest.approx((without + alone) / 2)


def test_fitting_to_a_day_reads_no_outcome_and_keeps_the_version(many: Examples) -> None:
    model = fit(many, Recipe.LINEAR, HORIZON)
    stands = on_day(model, fit_day(model, many.newest.features, UNSEEN))
    assert stands.version == model.version
    alone = model.fallback
    assert on_day(alone, fit_day(alone, many.newest.features, UNSEEN)).level == 0.0


def test_regular_buyers_cost_the_purchase_model_its_weight(many: Examples) -> None:
    features = np.full((200, len(NAMES)), np.nan)
    visits, variation = NAMES.index("visits"), NAMES.index("gap_variation")
    features[:, visits] = 9
    for deviation, trust in ((0.1, 0.0), (0.3, 0.5), (0.8, 1.0)):
        features[:, variation] = deviation
        assert trust_of(features) == pytest.approx(trust)
    features[:, variation] = 0.1
    assert trust_of(features[:49]) == 1.0
    features[:, visits] = 4
    assert trust_of(features) == 1.0

    model = fit(many, Recipe.FULL, HORIZON)
    day = fit_day(model, many.newest.features, SEEN)
    blend = on_day(model, type(day)(day.purchases, 0.0, 0.0)).blend(many.features[:9], SEEN)
    assert {part.member: part.weight for part in blend.parts} == {
        "gradient boosting": pytest.approx(2 / 3),
        "logistic regression": pytest.approx(1 / 3),
        "MBG/NBD": 0.0,
    }


def test_a_saved_day_loads_again_but_not_into_another_model(made_up: Callable[..., Examples]) -> None:
    examples = made_up(300, [date(2025, 1, 1)])
    day = fit_day(fit(examples, Recipe.LINEAR, HORIZON), examples.features, UNSEEN)
    assert from_json(as_json(day, "churn-a"), "churn-a") == day
    with pytest.raises(StepError, match="belongs to another model than churn-b"):
        from_json(as_json(day, "churn-a"), "churn-b")
