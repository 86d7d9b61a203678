"""Reasons: the families that set a customer apart, in words that quote the customer's own figures."""

import re
from collections import Counter
from datetime import date

import numpy as np
import pytest

from components.churn_model.examples import Examples
from components.churn_model.features import FAMILIES, FEATURES, NAMES, SENTENCES, sentence_of
from components.churn_model.model import Recipe, fit
from components.churn_model.reasons import families_of, in_words, strongest

HORIZON = 90


def test_the_strongest_families_go_the_rows_own_way() -> None:
    contributions = np.array([[2.0, -1.0, 0.5, 0.1], [-2.0, 1.0, -0.5, -0.1], [0.0, 3.0, -1.0, -1.0]])
    assert strongest(contributions).tolist() == [[0, 2, 3], [0, 2, 3], [1, -1, -1]]


def test_words_quote_the_customers_figures() -> None:
    features = np.full((3, len(NAMES)), np.nan)
    features[:, NAMES.index("recency_days")] = [12, 1200, 12]
    features[:, NAMES.index("gap_mean")] = [31.4, np.nan, 2]
    chosen = np.array([[0, 1, -1], [0, 1, -1], [1, -1, -1]])
    assert in_words(features, chosen, ["recency", "rhythm"], HORIZON).to_pylist() == [
        ["last purchase 12 days ago", "buys every 31 days on average"],
        ["last purchase 1,200 days ago", "only one purchase day"],
        ["buys every 2 days on average"],
    ]


@pytest.mark.parametrize("family", SENTENCES)
def test_every_sentence_can_be_said(family: str) -> None:
    sentence = SENTENCES[family]
    assert FEATURES[sentence.feature] == family
    assert sentence_of(family, 1234.0, HORIZON)
    assert "nan" not in sentence_of(family, float("nan"), HORIZON)


def test_all_families_but_the_amount_of_data_have_words() -> None:
    assert set(FAMILIES) - set(SENTENCES) == {"history"}


def test_amounts_are_said_to_two_digits() -> None:
    features = np.full((1, len(NAMES)), np.nan)
    features[0, NAMES.index("spend")] = 1_234.56
    assert in_words(features, np.array([[0]]), ["spend"], HORIZON).to_pylist() == [["total spend 1,200"]]


@pytest.mark.parametrize(
    ("share", "words"), [(0.25, "25%"), (1 / 3, "33%"), (0.996, "100%"), (0.004, "0%"), (0.1, "10%")]
)
def test_a_share_is_said_to_the_percent(share: float, words: str) -> None:
    features = np.full((1, len(NAMES)), np.nan)
    features[0, NAMES.index("weekend_share")] = share
    said = in_words(features, np.array([[0]]), ["weekend"], HORIZON).to_pylist()
    assert said == [[f"{words} of purchase days at weekends"]]


@pytest.mark.parametrize("recipe", [Recipe.FULL, Recipe.LINEAR, Recipe.FALLBACK])
def test_reasons_are_the_contributions_of_the_regression(many: Examples, recipe: Recipe) -> None:
    model = fit(many, recipe, HORIZON)
    features = many.features[:100]
    said = model.reasons(features).to_pylist()
    assert all(1 <= len(reasons) <= 3 for reasons in said)
    if model.linear is None:
        return
    families, membership = families_of(model.linear.columns)
    totals = model.linear.contributions(features) @ membership
    for row, reasons in enumerate(said):
        way = -1 if totals[row].sum() < 0 else 1
        order = sorted(range(len(families)), key=lambda j: -way * totals[row, j])[: len(reasons)]
        quoted = [SENTENCES[families[j]] for j in order]
        for words, sentence in zip(reasons, quoted, strict=True):
            assert words.split(" ")[0] in {sentence.words.split(" ")[0], sentence.without.split(" ")[0]} or (
                "{" in sentence.words.split(" ")[0]
            )


def without_numbers(words: str) -> str:
    return re.sub(r"[-+.,%\d]+", "#", words)


@pytest.mark.parametrize("recipe", [Recipe.FULL, Recipe.LINEAR, Recipe.FALLBACK])
def test_reasons_stand_on_the_features_of_their_families(many: Examples, recipe: Recipe) -> None:
    model = fit(many, recipe, HORIZON)
    features = many.features[:50]
    said, grounds = model.reasons(features).to_pylist(), model.grounds(features)
    for row, (reasons, families) in enumerate(zip(said, grounds, strict=True)):
        quoted = [features[row, NAMES.index(SENTENCES[family].feature)] for family in families]
        words = [sentence_of(*pair, HORIZON) for pair in zip(families, quoted, strict=True)]
        assert list(map(without_numbers, reasons)) == list(map(without_numbers, words))
        assert all({FEATURES[name] for name in adds} == {family} for family, adds in families.items())
        sizes = [abs(sum(adds.values())) for adds in families.values()]
        assert sizes == sorted(sizes, reverse=True)


def test_the_grounds_are_the_contributions_of_the_regression(many: Examples) -> None:
    model = fit(many, Recipe.LINEAR, HORIZON)
    assert model.linear is not None
    [families] = model.grounds(many.features[:1])
    scaled = (np.sign(many.features[0]) * np.log(1 + np.abs(many.features[0])))[model.linear.columns]
    scaled = (scaled - model.linear.mean) / model.linear.deviation * model.linear.weight
    own = {NAMES[column]: value for column, value in zip(model.linear.columns, scaled, strict=True)}
    adds = {name: value for family in families.values() for name, value in family.items()}
    assert len(adds) >= 3
    assert adds == pytest.approx({name: np.nan_to_num(own[name]) for name in adds})


def test_contributions_add_up_to_the_log_odds(many: Examples) -> None:
    model = fit(many, Recipe.LINEAR, HORIZON)
    assert model.linear is not None
    whole = model.linear.contributions(many.features).sum(axis=1) + model.linear.intercept
    assert whole == pytest.approx(model.linear.log_odds(many.features))


def test_a_long_silence_is_named_and_a_busy_customer_is_not_called_silent(many: Examples) -> None:
    model = fit(many, Recipe.FULL, HORIZON)
    features = np.full((2, len(NAMES)), np.nan)
    features[:, NAMES.index("recency_days")] = [500, 1]
    features[:, NAMES.index("visits")] = [1, 60]
    features[:, NAMES.index("tenure_days")] = [600, 101]
    silent, busy = model.reasons(features).to_pylist()
    assert "last purchase 500 days ago" in silent
    assert "purchases on 60 days in all" in busy
    low, high = model.predict(features, date(2025, 6, 1))[::-1]
    assert low < 0.1 < 0.9 < high


def test_reasons_differ_from_customer_to_customer(many: Examples) -> None:
    model = fit(many, Recipe.FALLBACK, HORIZON)
    first = Counter(reasons[0].split(" ")[0] for reasons in model.reasons(many.features).to_pylist())
    assert len(first) > 1
