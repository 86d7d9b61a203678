"""The explanation agrees with what independent code computes from the same sales and the same model."""

import math
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from components.churn_model.features import FEATURES, NAMES
from components.churn_model.words import SENTENCES
from infra.tables import definition
from tests.components.extract_features.plain_features import all_expected, assert_same, seen
from tests.explain.conftest import DATASETS, Outcome, Shop
from tests.explain.shop import (
    ANN,
    AS_OF,
    BOB,
    DAY_BEFORE,
    HORIZON,
    Row,
    anns_versions,
    everyones_versions,
    sessions,
)

KNOWN = [row for row in anns_versions() if seen(row, AS_OF)]


def lasts(row: Row) -> bool:
    return row["known_until_date"].year == 9999


def in_json(row: Row) -> Row:
    names = ("sale_date", "product_category", "quantity", "total_amount", "currency", "status")
    return {name: str(row[name]) if name == "sale_date" else row[name] for name in names}


def expit(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def test_the_prediction_is_the_stored_one_and_replays(shop: Shop, ann: Outcome) -> None:
    assert (ann.code, ann.err) == (0, "")
    stored = shop.row(f"{DATASETS['warehouse']}.fact_predictions_churn", ANN, "prediction_date")
    said = ann.json["prediction"]
    assert said.pop("decile_by_place") == stored["decile"]
    assert said == {
        name: value if isinstance(value, int | float | list) else str(value)
        for name, value in stored.items()
        if name not in {"as_of_date", "probability_alive"} and not name.startswith("expected_next")
    }
    assert ann.json["replay"] == {"outcome": "equal", "differences": [], "problem": ""}


def test_amounts_are_compared_with_other_customers_in_the_currency(shop: Shop, ann: Outcome) -> None:
    table = f"{DATASETS['warehouse']}.fact_predictions_churn"
    others = shop.query(f"SELECT * FROM {table} WHERE prediction_date = '{AS_OF}' AND currency = 'EUR'")
    said = ann.json["prediction"]
    assert said["expected_spend"] > 0
    assert said["value_at_risk"] > 0
    assert ann.json["peers"] == {
        "customers": len(others),
        "mean_spend": pytest.approx(np.mean([row["expected_spend"] for row in others]), abs=0.006),
        "mean_at_risk": pytest.approx(np.mean([row["value_at_risk"] for row in others]), abs=0.006),
        "spend_place": 1 + sum(row["expected_spend"] > said["expected_spend"] for row in others),
        "risk_place": 1 + sum(row["value_at_risk"] > said["value_at_risk"] for row in others),
    }
    assert ann.json["interval_level"] == 0.9  # 400 days of sales have no season of last year


def test_amounts_are_shown_with_their_currency_and_comparison(shop: Shop, ann: Outcome) -> None:
    said, peers = ann.json["prediction"], ann.json["peers"]
    [spent] = [row["value"] for row in ann.json["features"] if row["name"] == "spend_in_horizon"]
    text = shop.run(ANN, "--on", str(AS_OF)).out
    low, high = said["expected_spend_low"], said["expected_spend_high"]
    told = " ".join(text.partition(f"Spend in the {HORIZON} days")[2].partition("Sales known")[0].split())
    spends = f"{said['expected_spend']:,.2f} EUR {peers['mean_spend']:,.2f} {peers['spend_place']:,}"
    at_risk = f"{said['value_at_risk']:,.2f} EUR {peers['mean_at_risk']:,.2f} {peers['risk_place']:,}"
    for part in (
        f"expected spend {spends}",
        f"value at risk {at_risk}",
        f"spent in the {HORIZON} days before {spent:,.2f} EUR",
        f"90% interval of the spend is {low:,.2f} to {high:,.2f}",
        f"among {peers['customers']:,} customers of the day who pay in EUR",
    ):
        assert part in told


def test_an_unknown_amount_is_not_shown_as_zero(shop: Shop) -> None:
    outcome = shop.run(ANN, "--on", str(DAY_BEFORE))  # by a model that predicts no spend
    assert outcome.code == 0
    told = " ".join(outcome.out.partition("Spend in the")[2].partition("Sales known")[0].split())
    assert "- not known: the customer pays in several currencies, or spend was not predicted yet" in told
    assert "0.00" not in told


def test_the_sales_are_those_known_on_the_day(ann: Outcome) -> None:
    past = ann.json["past"]
    assert past["sales"] == len(KNOWN) > 20
    assert past["completed"] == sum(row["status"] == "completed" for row in KNOWN)
    newest = sorted(KNOWN, key=lambda row: row["sale_date"], reverse=True)[:20]
    names = ("sale_id", "product_category", "quantity", "total_amount", "currency", "status")
    assert [{name: row[name] for name in names} for row in past["newest"]] == [
        {name: row[name] for name in names} for row in newest
    ]
    assert [row["known_from_date"] for row in past["newest"]] == [
        str(row["known_from_date"]) for row in newest
    ]


def test_sales_rewritten_since_are_listed(ann: Outcome) -> None:
    past = ann.json["past"]
    assert past["rewritten"] == 4
    assert {row["sale_id"]: (row["how"], row["since"]) for row in past["newest_rewritten"]} == {
        "then refunded": ("changed", "2025-07-03"),
        "gone": ("gone", "2025-07-05"),
        "moved": ("of another customer", "2025-07-06"),
        "late": ("not known then", "2025-07-02"),
    }
    for row in past["newest_rewritten"]:
        then = [one for one in KNOWN if one["sale_id"] == row["sale_id"]]
        now = [one for one in anns_versions() if one["sale_id"] == row["sale_id"] and lasts(one)]
        assert row["known"] == (in_json(then[0]) if then else None)
        assert row["today"] == (in_json(now[0]) if now else None)


def test_the_features_are_those_of_plain_python(ann: Outcome) -> None:
    sales = pd.DataFrame(everyones_versions())
    expected = all_expected(sales, pd.DataFrame(sessions()), (AS_OF,))[AS_OF, ANN]
    assert expected.pop("currency") == "EUR"  # not a feature
    features = {row["name"]: row for row in ann.json["features"]}
    assert ann.json["features_kept"] is True
    assert list(features) == list(FEATURES)
    for column in ("value", "again"):
        values = {name: row[column] for name, row in features.items()}
        assert_same({(AS_OF, ANN): values}, {(AS_OF, ANN): expected})
    meanings = {
        column["name"]: column["description"] for column in definition("churn_scoring_examples")["schema"]
    }
    assert {name: row["meaning"] for name, row in features.items()} == {
        name: meanings[name] for name in FEATURES
    }


def silence(shop: Shop, features: dict[str, float]) -> float:
    """Return MBG/NBD's probability of a horizon without a purchase, by its formula."""
    model = shop.model.purchases
    repeats, tenure = features["visits"] - 1, features["tenure_days"]
    last, power = tenure - features["recency_days"], model.shape + repeats
    gone = model.leaving / (model.staying + repeats) * (model.rate + last) ** -power
    silent = (model.rate + tenure + HORIZON) ** -power
    return (gone + silent) / (gone + (model.rate + tenure) ** -power)


def regression(shop: Shop, features: dict[str, float]) -> dict[str, float]:
    """Return what each feature adds to the regression's log odds, by its formula."""
    linear = shop.model.linear
    assert linear is not None
    adds = {}
    for column, mean, deviation, weight in zip(
        linear.columns, linear.mean, linear.deviation, linear.weight, strict=True
    ):
        value = features[NAMES[column]]
        tamed = None if value is None else math.copysign(math.log1p(abs(value)), value)
        adds[NAMES[column]] = 0.0 if tamed is None else float((tamed - mean) / deviation * weight)
    return adds


def test_the_members_match_their_formulas_and_their_parts_add_up_to_the_score(
    shop: Shop, ann: Outcome
) -> None:
    values = {row["name"]: row["value"] for row in ann.json["features"]}
    blend = ann.json["blend"]
    members = {row["name"]: row for row in blend["members"]}
    trees, linear = shop.model.trees, shop.model.linear
    assert trees is not None
    assert linear is not None
    row = np.array([[values[NAMES[column]] for column in shop.model.tree_columns]], dtype=float)
    assert {name: member["probability"] for name, member in members.items()} == pytest.approx(
        {
            "gradient boosting": trees.predict_proba(row)[0, 1],
            "logistic regression": expit(sum(regression(shop, values).values()) + linear.intercept),
            "MBG/NBD": silence(shop, values),
        }
    )
    for member in members.values():
        assert expit(member["log_odds"]) == pytest.approx(member["probability"])
        assert member["part"] == pytest.approx(member["weight"] * member["log_odds"])
    assert sum(member["weight"] for member in members.values()) == pytest.approx(1)
    whole = sum(member["part"] for member in members.values()) + blend["season"]
    assert whole == pytest.approx(blend["log_odds"])
    assert blend["probability"] == pytest.approx(expit(whole))
    assert round(expit(whole), 6) == ann.json["prediction"]["churn_probability"]


def replaced(shop: Shop, features: dict[str, float], *names: str) -> float:
    """Return how far MBG/NBD's log odds fall when features take values that add nothing to the regression."""
    linear = shop.model.linear
    assert linear is not None
    means = dict(zip((NAMES[column] for column in linear.columns), linear.mean.tolist(), strict=True))
    usual = features | {name: math.expm1(means[name]) for name in names}
    before, after = silence(shop, features), silence(shop, usual)
    return math.log(before / (1 - before)) - math.log(after / (1 - after))


def test_the_reasons_rest_on_the_strongest_families(shop: Shop, ann: Outcome) -> None:
    values = {row["name"]: row["value"] for row in ann.json["features"]}
    weights = {row["name"]: row["weight"] for row in ann.json["blend"]["members"]}
    adds = {name: weights["logistic regression"] * each for name, each in regression(shop, values).items()}
    adds["recency_days"] += weights["MBG/NBD"] * replaced(shop, values, "recency_days", "tenure_days")
    adds["visits"] += weights["MBG/NBD"] * replaced(shop, values, "visits")
    families = {family: sum(adds[n] for n in adds if FEATURES[n] == family) for family in SENTENCES}
    strongest = sorted(families, key=lambda family: -abs(families[family]))[:3]
    reasons = ann.json["reasons"]
    assert [row["sentence"] for row in reasons] == ann.json["prediction"]["top_reasons"]
    assert [row["family"] for row in reasons] == strongest
    assert [row["adds"] for row in reasons] == pytest.approx([families[family] for family in strongest])
    for row in reasons:
        assert row["sentence"].startswith("raises: " if row["adds"] > 0 else "lowers: ")
        grounds = {each["feature"]: (each["value"], each["adds"]) for each in row["grounds"]}
        own = {name for name in adds if FEATURES[name] == row["family"]}
        assert grounds == {name: (values[name], pytest.approx(adds[name])) for name in own}


def test_a_day_scored_by_the_fallback_uses_mbg_nbd_of_the_version_in_its_name(shop: Shop) -> None:
    outcome = shop.run(ANN, "--on", str(DAY_BEFORE), "--json")
    assert outcome.code == 0, outcome.out
    assert outcome.json["prediction"]["model_version"] == f"{shop.model.version}-fallback"
    [member] = outcome.json["blend"]["members"]
    values = {row["name"]: row["value"] for row in outcome.json["features"]}
    assert (member["name"], member["weight"]) == ("MBG/NBD", 1.0)
    assert member["probability"] == pytest.approx(silence(shop, values))
    assert outcome.json["prediction"]["churn_probability"] == pytest.approx(silence(shop, values), abs=6e-7)
    assert {each["family"] for each in outcome.json["reasons"]} <= {"silence", "frequency"}


def test_everybody_of_a_sample_replays(shop: Shop) -> None:
    keys = shop.query(
        f"SELECT customer_key FROM {DATASETS['warehouse']}.fact_predictions_churn "
        f"WHERE prediction_date = '{AS_OF}' AND decile IN (1, 10) ORDER BY customer_key LIMIT 3"
    )
    assert [shop.run(row["customer_key"], "--on", str(AS_OF), "--json").code for row in keys] == [0, 0, 0]


def test_bobs_past_has_the_sale_that_was_anns(shop: Shop) -> None:
    outcome = shop.run(BOB, "--on", str(AS_OF + timedelta(days=30)))
    assert outcome.code == 1
    assert "though a sale is known since 2025-07-06" in outcome.err
