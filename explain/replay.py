"""Reproduce a stored score: the features from the versions of the sales, the model from the bucket."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from google.api_core.exceptions import Forbidden, NotFound

from components.churn_model import expected_spend, saved_model
from components.churn_model.day import from_json
from components.churn_model.examples import CURRENCY
from components.churn_model.features import FEATURES
from components.churn_model.model import ChurnModel
from components.churn_model.saved_model import SavedModel
from components.extract_features.step import features_parameters, features_statement
from components.shared.errors import StepError
from components.train_churn_model.registry import PREFIX, fetch_day, fetch_version, origin_of
from components.write_predictions.bands import RISK_BANDS
from components.write_predictions.scores import score
from explain.places import Places, Row
from explain.stored import Prediction

UNKNOWN_BAND = "unknown"


@dataclass(frozen=True)
class Difference:
    """A stored value that differs from the recomputed one."""

    what: str
    stored: Any
    again: Any


@dataclass(frozen=True)
class Scored:
    """A model's output for a row of features; spend holds its columns, empty without a spend model."""

    probability: float
    reasons: list[str]
    spend: Row


def work_out_features(places: Places, prediction: Prediction) -> Row | None:
    """Return the customer's features from the versions known on the day; None if there were none."""
    parameters = features_parameters(prediction.prediction_date, prediction.horizon_days, [])
    rows = places.ask(
        "features_again",
        parameters | {"customer_key": prediction.customer_key},
        before=features_statement(places.client.project, places.warehouse_dataset),
    )
    return rows[0] if rows else None


def load_model(places: Places, version: str, on: date) -> SavedModel:
    """Return the model of a version, adapted to a day; raise StepError if it cannot be loaded.

    A fallback and a base rate are not stored separately: they belong to the version that they are named
    after.
    """
    kept = origin_of(version)
    address = f"gs://{places.bucket}/{PREFIX}/{kept}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            fetch_version(places.client.project, places.bucket, kept, Path(folder))
            saved = saved_model.load(Path(folder))
            saved = replace(saved, served=_variant(saved.served, version))
            day = fetch_day(places.client.project, places.bucket, version, on)
            return saved.on(from_json(day, version)) if day else saved
        except NotFound as error:
            raise StepError(
                f"the model {version} is not in {address}: give the project's own bucket with --bucket, or "
                "restore the two files there from the bucket's older versions (docs/deploy.md)"
            ) from error
        except Forbidden as error:
            raise StepError(
                f"you may not read {address}: ask for roles/storage.objectViewer on the folder mlops/ of "
                "the bucket (docs/access.md)"
            ) from error
        except StepError as error:
            fault = str(error).replace(folder, address)
            raise StepError(f"the model {version} cannot be recomputed by this release: {fault}") from error


def _variant(model: ChurnModel, version: str) -> ChurnModel:
    """Return the model itself, or only its MBG/NBD or its base rate, as the version says."""
    suffix = version.removeprefix(origin_of(version))
    return {"-fallback": model.fallback, "-base-rate": model.base_rate}.get(suffix, model)


def score_again(model: SavedModel, features: Row, prediction: Prediction) -> Scored:
    """Return the model's output for a row of features, as write_predictions would write it."""
    columns = {name: pa.array([features[name]], pa.float64()) for name in FEATURES if name in features}
    if CURRENCY in features:
        columns[CURRENCY] = pa.array([features[CURRENCY]], pa.string())
    examples = pa.table({"customer_key": [prediction.customer_key]} | columns)
    [row] = score(model.served, examples, prediction.prediction_date, model.day_spend).to_pylist()
    spend = {name: row[name] for name in expected_spend.COLUMNS.names} if model.day_spend else {}
    return Scored(row["churn_probability"], row["top_reasons"], spend)


def compare_features(stored: Row | None, again: Row | None) -> Iterator[Difference]:
    """Yield the features that differ; none if the row is no longer stored."""
    if stored is None:
        return
    if again is None:
        yield Difference("features", "a row", "none: no completed sale of the customer was known")
        return
    for name in FEATURES:
        if stored.get(name) != again[name]:
            yield Difference(name, stored.get(name), again[name])


def compare_scores(prediction: Prediction, model: ChurnModel, again: Scored | None) -> Iterator[Difference]:
    """Yield what differs between a prediction and the model's output for the recomputed features."""
    pairs: dict[str, tuple[Any, Any]] = {
        "model_version": (prediction.model_version, model.version),
        "horizon_days": (prediction.horizon_days, model.horizon_days),
        "decile": (prediction.decile, prediction.decile_by_place if model.ranks else 0),
    }
    if again is not None:
        pairs |= {
            "churn_probability": (prediction.churn_probability, again.probability),
            "risk_band": (
                prediction.risk_band,
                risk_band(again.probability) if model.ranks else UNKNOWN_BAND,
            ),
            "top_reasons": (prediction.top_reasons, again.reasons),
        }
        pairs |= {name: (getattr(prediction, name), found) for name, found in again.spend.items()}
    for what, (stored, found) in pairs.items():
        if stored != found:
            yield Difference(what, stored, found)


def risk_band(probability: float) -> str:
    """Return the band of a probability, as in replace_partition.sql."""
    bounds = {"high": RISK_BANDS["high_risk"], "medium": RISK_BANDS["medium_risk"]}
    return next((band for band, least in bounds.items() if probability >= float(str(least))), "low")
