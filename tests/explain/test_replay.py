"""Changes made after scoring are reported: of a feature, a prediction or the model; and what is gone."""

import re
from pathlib import Path

import pytest

from components.churn_model import saved_model
from components.churn_model.model import ChurnModel
from components.shared.command_line import plain
from explain.printing import number
from tests.explain.conftest import DATASETS, Outcome, Shop
from tests.explain.shop import ANN, AS_OF

SCORED = f"{DATASETS['features']}.churn_scoring_examples"
PREDICTED = f"{DATASETS['warehouse']}.fact_predictions_churn"
ON = ("--on", str(AS_OF))


def test_a_changed_stored_feature_is_named(shop: Shop, ann: Outcome) -> None:
    true = {row["name"]: row["value"] for row in ann.json["features"]}["recency_days"]
    with shop.changed(SCORED, "recency_days", "300", ANN, "as_of_date"):
        outcome = shop.run(ANN, *ON, "--json")
    assert outcome.code == 3
    assert outcome.differing["recency_days"] == (300, true)
    probability = ann.json["prediction"]["churn_probability"]
    by_stored = outcome.differing["churn_probability by the stored features"]
    assert by_stored[0] == probability != by_stored[1]
    assert outcome.differing.keys() == {"recency_days", "churn_probability by the stored features"}


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [
        ("churn_probability", "0.123456", {"churn_probability", "decile"}),
        ("decile", "-1", {"decile"}),
        ("risk_band", "'none'", {"risk_band"}),
        ("value_at_risk", "0.01", {"value_at_risk"}),
        ("currency", "'USD'", {"currency"}),
    ],
)
def test_a_changed_prediction_is_named(
    shop: Shop, ann: Outcome, column: str, value: str, named: set[str]
) -> None:
    with shop.changed(PREDICTED, column, value, ANN, "prediction_date"):
        outcome = shop.run(ANN, *ON, "--json")
    assert outcome.code == 3
    assert column in outcome.differing
    assert outcome.differing.keys() <= named
    assert outcome.differing[column][1] == ann.json["prediction"][column]


def files_of(model: ChurnModel, folder: Path) -> dict[str, bytes]:
    saved_model.save(folder, model, None, {})
    return {name: (folder / name).read_bytes() for name in (saved_model.MODEL, saved_model.MANIFEST)}


def test_another_model_under_the_version_is_named(shop: Shop, ann: Outcome, tmp_path: Path) -> None:
    files = files_of(shop.model.fallback, tmp_path)
    with (
        shop.without_file(saved_model.MODEL, files[saved_model.MODEL]),
        shop.without_file(saved_model.MANIFEST, files[saved_model.MANIFEST]),
    ):
        outcome = shop.run(ANN, *ON, "--json")
        text = shop.run(ANN, *ON)
    assert outcome.code == text.code == 3
    version = shop.model.version
    assert outcome.differing["model_version"] == (version, f"{version}-fallback")
    assert outcome.differing["top_reasons"][0] == ann.json["prediction"]["top_reasons"]
    stored, again = outcome.differing["churn_probability"]
    assert stored == ann.json["prediction"]["churn_probability"] != again
    replayed = text.out.partition("Replay: different\n")[2]
    assert f"{stored}" in replayed
    assert f"{again}" in replayed


def test_a_damaged_model_is_refused(shop: Shop) -> None:
    with shop.without_file(saved_model.MODEL, b"damaged"):
        outcome = shop.run(ANN, *ON, "--json")
    assert outcome.code == 1
    assert re.fullmatch(r"error: the model churn-\w+ cannot .*: its hash differs.*\n", outcome.err)
    assert f"gs://explained-models/mlops/models/{shop.model.version}/model.skops" in outcome.err


def test_without_the_model_the_rest_is_shown(shop: Shop) -> None:
    with shop.without_file(saved_model.MANIFEST):
        outcome = shop.run(ANN, *ON)
    assert outcome.code == 1
    assert re.fullmatch(
        r"error: the model (churn-\w+) is not in gs://explained-models/mlops/models/\1: give .*--bucket.*\n",
        outcome.err,
    )
    assert "Sales known on" in outcome.out
    assert "recency_days" in outcome.out
    assert "Members" not in outcome.out
    assert "Replay: impossible" in outcome.out


def test_features_that_are_no_longer_kept_are_recomputed(shop: Shop, ann: Outcome) -> None:
    with shop.changed(SCORED, "customer_key", "'somebody else'", ANN, "as_of_date"):
        outcome = shop.run(ANN, *ON, "--json")
        shop.query(f"UPDATE {SCORED} SET customer_key = '{ANN}' WHERE customer_key = 'somebody else'")
    assert outcome.code == 0
    assert outcome.json["features_kept"] is False
    assert outcome.json["features"] == ann.json["features"]
    assert outcome.json["blend"] == ann.json["blend"]


def test_missing_versions_are_reported(shop: Shop) -> None:
    versions = f"{DATASETS['warehouse']}.fct_sale_versions"
    shop.query(f"UPDATE {versions} SET customer_key = CONCAT('x', customer_key) WHERE customer_key = '{ANN}'")
    outcome = shop.run(ANN, *ON, "--json")
    shop.query(f"UPDATE {versions} SET customer_key = '{ANN}' WHERE customer_key = 'x{ANN}'")
    assert outcome.code == 3
    assert outcome.differing["features"] == ("a row", "none: no completed sale of the customer was known")
    assert outcome.json["past"]["sales"] == 0


def test_text_fits_80_columns_and_has_all_parts(shop: Shop, ann: Outcome) -> None:
    outcome = shop.run(ANN, *ON)
    assert outcome.code == 0
    assert max(map(len, outcome.out.splitlines())) <= 80
    for part in (
        "Customer",
        "Spend in",
        "Sales known",
        "Changed since",
        "Features",
        "Members",
        "Reasons",
        "Replay: equal",
    ):
        assert part in outcome.out
    assert f"and {ann.json['past']['sales'] - 20} older" in outcome.out
    told = outcome.out.partition("Changed since")[2].partition("Features")[0]
    assert "status: completed → refunded" in told
    for sale in (
        "2025-05-10, 1 hats, 50.00 EUR",
        "2025-06-01, 2 skis, 99.50 EUR",
        "2025-06-20, 1 hats, 33.00 EUR",
    ):
        assert sale in told


def test_numbers_are_short_and_no_control_character_reaches_the_terminal() -> None:
    values = (None, 1234567, 0.5, 2521.234567, -0.00001, 3.0)
    assert [number(value) for value in values] == ["-", "1,234,567", "0.5", "2,521.2346", "-0", "3"]
    assert plain("a\x1b[2Jb\n") == "a�[2Jb�"
