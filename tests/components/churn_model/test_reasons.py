"""Reasons: their words and direction, and that the whole model moves in the direction they say."""

import argparse
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from components.churn_model.day import fit_day, on_day
from components.churn_model.examples import Examples, Floats
from components.churn_model.features import FEATURES, NAMES
from components.churn_model.model import ChurnModel, Recipe, fit
from components.churn_model.reasons import families_of, in_words, strongest
from components.churn_model.words import SENTENCES, rounded, sentence_of
from tests.bench.churn import extract, load_sales

HORIZON = 90
AT = date(2025, 6, 1)
REAL_DATA = Path(__file__).parents[4] / "shared" / "data" / "online_retail_ii.parquet"
COLUMNS = {"customer": "CustomerID", "date": "InvoiceDate", "amount": "Total", "status": "Status"}


def customers(**values: list[float]) -> Floats:
    """Return rows by NAMES with these values, and gaps everywhere else."""
    features = np.full((len(next(iter(values.values()))), len(NAMES)), np.nan)
    for name, own in values.items():
        features[:, NAMES.index(name)] = own
    return features


def said(family: str, way: float, currencies: list[str] | None = None, **values: list[float]) -> list[str]:
    features = customers(**values)
    effects = np.full((len(features), 1), way)
    units = None if currencies is None else np.array(currencies)
    return [words for [words] in in_words(features, effects, [family], HORIZON, units).to_pylist()]


def test_the_strongest_families_are_those_that_move_a_row_most_in_either_direction() -> None:
    effects = np.array([[2.0, -1.0, 0.5, 0.1], [-0.2, 1.0, -0.5, -3.0], [0.0, 3.0, -0.04, -0.06]])
    assert strongest(effects).tolist() == [[0, 1, 2], [3, 1, 2], [1, 3, -1]]


def test_words_say_the_direction_and_quote_the_customers_figures() -> None:
    features = customers(recency_days=[61, 1200, 12], gap_mean=[9.4, np.nan, 1], visits=[1, 1, 1200])
    effects = np.array([[0.5, 0.1], [2.0, 0.0], [-0.1, -0.5]])
    assert in_words(features, effects, ["silence", "frequency"], HORIZON).to_pylist() == [
        ["raises: buys every 9 days, silent for 61", "raises: bought on 1 day in all"],
        ["raises: one purchase, 1,200 days ago"],
        ["lowers: bought on 1,200 days in all", "lowers: buys every 1 day, silent for 12"],
    ]


def test_the_same_figures_may_raise_and_lower() -> None:
    features = customers(visits=[3, 3, 3])
    effects = np.array([[0.5], [-0.5], [0.6]])
    assert in_words(features, effects, ["frequency"], HORIZON).to_pylist() == [
        ["raises: bought on 3 days in all"],
        ["lowers: bought on 3 days in all"],
        ["raises: bought on 3 days in all"],
    ]


def test_no_purchases_are_said_as_a_caller_would() -> None:
    [words] = said("recent visits", 1, visits_in_horizon=[0])
    assert words == "raises: bought on none of the last 90 days"


@pytest.mark.parametrize("family", SENTENCES)
def test_every_sentence_can_be_said(family: str) -> None:
    names = SENTENCES[family].features
    assert {FEATURES[name] for name in names} == {family}
    assert "12" in sentence_of(family, dict.fromkeys(names, 12.0), HORIZON)
    missing = sentence_of(family, dict.fromkeys(names, np.nan) | {"recency_days": 3.0}, HORIZON)
    assert "nan" not in missing


def test_all_families_but_the_amount_of_data_have_words() -> None:
    assert set(FEATURES.values()) - set(SENTENCES) == {"history"}


def test_amounts_are_said_to_two_digits_in_their_currency_where_it_is_known() -> None:
    assert said("spend", -1, ["GBP", "", "EUR", "GBP"], spend=[1_234.56, 1_234.56, 7.2, 1_189]) == [
        "lowers: spent 1,200 GBP in all",
        "lowers: spent 1,200 in all",
        "lowers: spent 7 EUR in all",
        "lowers: spent 1,200 GBP in all",
    ]
    assert said("spend", 1, spend=[0.4]) == ["raises: spent 0 in all"]
    assert said("frequency", 1, ["GBP", "EUR"], visits=[2, 2]) == ["raises: bought on 2 days in all"] * 2


@pytest.mark.parametrize(
    ("share", "words"), [(0.25, "25%"), (1 / 3, "33%"), (0.996, "100%"), (0.004, "0%"), (0.1, "10%")]
)
def test_a_share_is_said_to_the_percent(share: float, words: str) -> None:
    assert said("weekend", 1, weekend_share=[share]) == [f"raises: {words} of purchase days at weekends"]


def own_change(model: ChurnModel, features: Floats, at: date, family: str) -> Floats:
    """Return how far the whole model's log odds fall when a family takes its usual values."""
    columns = [number for number, name in enumerate(NAMES) if FEATURES[name] == family]
    columns = [number for number in columns if not np.isnan(model.usual[number])]
    changed = features.copy()
    changed[:, columns] = np.where(np.isnan(features[:, columns]), np.nan, model.usual[columns])
    return model.blend(features, at).log_odds - model.blend(changed, at).log_odds


def agreement(model: ChurnModel, features: Floats, at: date) -> tuple[npt.NDArray[np.float64], float]:
    """Return how often the reasons' direction is the model's, by rank, and its strongest is among them."""
    grounds = model.grounds(features, at)
    families, _ = families_of(np.arange(len(NAMES)))
    whole = np.column_stack([own_change(model, features, at, family) for family in families])
    agree: dict[int, list[bool]] = {}
    found = []
    for row, reasons in enumerate(grounds):
        for place, (family, adds) in enumerate(reasons.items()):
            same = (sum(adds.values()) > 0) == (whole[row, families.index(family)] > 0)
            agree.setdefault(place, []).append(same)
        found.append(families[int(np.abs(whole[row]).argmax())] in reasons)
    return np.array([np.mean(agree[place]) for place in sorted(agree)]), float(np.mean(found))


def test_the_model_moves_in_the_direction_of_its_reasons(many: Examples) -> None:
    model = fit(many, Recipe.FULL, HORIZON)
    by_place, found = agreement(model, many.features[:400], AT)
    assert by_place[0] >= 0.98
    assert by_place[1:].min() >= 0.9
    assert found >= 0.9


@pytest.mark.skipif(not REAL_DATA.exists(), reason="Online Retail II is not shipped with the project")
def test_reasons_agree_with_the_model_on_real_transactions() -> None:
    options = argparse.Namespace(file=REAL_DATA, **COLUMNS, quantity="Quantity", category=None)
    with load_sales(options) as connection:
        examples, _ = extract(connection, date(2011, 12, 10), HORIZON, 4)
    model = fit(examples, Recipe.FULL, HORIZON)
    newest = examples.newest
    at = newest.newest_cutoff
    model = on_day(model, fit_day(model, newest.features, at))
    rows = np.random.default_rng(0).permutation(len(newest.features))[:1000]
    by_place, found = agreement(model, newest.features[rows], at)
    assert by_place[0] >= 0.99
    assert by_place[1:].min() >= 0.93
    assert found >= 0.93


@pytest.mark.parametrize("recipe", [Recipe.LINEAR, Recipe.FALLBACK])
def test_without_trees_the_effects_are_the_models_own_change(many: Examples, recipe: Recipe) -> None:
    model = fit(many, recipe, HORIZON)
    features = many.features[:50]
    for row, reasons in enumerate(model.grounds(features, AT)):
        for family, adds in reasons.items():
            change = own_change(model, features[row : row + 1], AT, family)
            assert sum(adds.values()) == pytest.approx(change[0], abs=1e-9)


@pytest.mark.parametrize("recipe", [Recipe.FULL, Recipe.LINEAR, Recipe.FALLBACK])
def test_reasons_rest_on_the_features_of_their_families(many: Examples, recipe: Recipe) -> None:
    model = fit(many, recipe, HORIZON)
    features = many.features[:50]
    sentences, grounds = model.explain(features, AT)[1].to_pylist(), model.grounds(features, AT)
    for row, (reasons, families) in enumerate(zip(sentences, grounds, strict=True)):
        words = []
        for family, adds in families.items():
            columns = {
                name: features[row : row + 1, NAMES.index(name)] for name in SENTENCES[family].features
            }
            values = {name: float(rounded(name, column)[0]) for name, column in columns.items()}
            way = "raises" if sum(adds.values()) > 0 else "lowers"
            words.append(f"{way}: {sentence_of(family, values, HORIZON)}")
        assert 1 <= len(reasons) <= 3
        assert reasons == words
        assert all({FEATURES[name] for name in adds} == {family} for family, adds in families.items())
        sizes = [abs(sum(adds.values())) for adds in families.values()]
        assert sizes == sorted(sizes, reverse=True)


def test_contributions_add_up_to_the_log_odds(many: Examples) -> None:
    model = fit(many, Recipe.LINEAR, HORIZON)
    assert model.linear is not None
    whole = model.linear.contributions(many.features).sum(axis=1) + model.linear.intercept
    assert whole == pytest.approx(model.linear.log_odds(many.features))


def test_a_long_silence_raises_and_a_busy_customer_is_not_called_silent(many: Examples) -> None:
    model = fit(many, Recipe.FULL, HORIZON)
    features = customers(recency_days=[500, 1], visits=[1, 60], tenure_days=[600, 101])
    silent, busy = model.explain(features, AT)[1].to_pylist()
    assert "raises: one purchase, 500 days ago" in silent
    assert "lowers: bought on 60 days in all" in busy
    low, high = model.predict(features, AT)[::-1]
    assert low < 0.1 < 0.9 < high


def test_reasons_differ_from_customer_to_customer(many: Examples) -> None:
    model = fit(many, Recipe.FALLBACK, HORIZON)
    said = [reasons for reasons in model.explain(many.features, AT)[1].to_pylist() if reasons]
    assert len(Counter(reasons[0] for reasons in said)) > 100
