"""A trained model as a folder: the model without any pickle, and a manifest that describes it.

The folder of a serving model also stores how the model is adapted to the day that it serves.
"""

import hashlib
import json
import platform
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
import skops
import skops.io

from components.churn_model.day import DayFit, as_json, from_json, on_day
from components.churn_model.expected_spend import DaySpend
from components.churn_model.features import NAMES
from components.churn_model.linear import Linear
from components.churn_model.model import ChurnModel, Recipe
from components.churn_model.purchase_model import PurchaseModel
from components.churn_model.season import Season
from components.churn_model.spend_model import SpendModel
from components.churn_model.spend_season import SpendSeason
from components.shared.errors import StepError

MODEL, MANIFEST, DAY = "model.skops", "manifest.json", "day.json"
# All types that a file may hold besides those that skops itself trusts; others are refused, not run.
TRUSTED = ["numpy.dtype", "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]
DAYS_OWN = {"trust", "level"}  # of a model adapted to a day, whose fit is kept in a file of its own
PARTS = {field.name for field in fields(ChurnModel)} - DAYS_OWN
LATER_PARTS = {"share": float("nan")}  # not saved by earlier releases, whose champions still serve
LIBRARIES = {"numpy": np.__version__, "scikit-learn": sklearn.__version__, "skops": skops.__version__}

type Facts = dict[str, Any]


@dataclass(frozen=True)
class SavedModel:
    """A model to serve, its judged twin, which had not seen the judged outcomes, and the manifest.

    The model is adapted to its day if the folder stores that. spend_model is None if none was trained;
    judged_spend_model is its twin, and day_spend the spend model adapted to the day.
    """

    served: ChurnModel
    judged: ChurnModel | None
    manifest: Facts
    spend_model: SpendModel | None = None
    day_spend: DaySpend | None = None
    judged_spend_model: SpendModel | None = None

    def on(self, day: DayFit) -> "SavedModel":
        """Return the model adapted to a day."""
        served = on_day(self.served, day)
        day_spend = None
        if self.spend_model and day.spend:
            day_spend = DaySpend(self.spend_model, served.purchases, day.spend)
        return replace(self, served=served, day_spend=day_spend)


def save(
    folder: Path,
    served: ChurnModel,
    judged: ChurnModel | None,
    facts: Facts,
    spend_model: SpendModel | None = None,
    judged_spend_model: SpendModel | None = None,
) -> None:
    """Write a model and its spend model, each with its twin; facts are further entries of the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    content = skops.io.dumps(
        {
            "served": _parts(served),
            "judged": _parts(judged) if judged else None,
            "spend": _spend_parts(spend_model) if spend_model else None,
            "judged_spend": _spend_parts(judged_spend_model) if judged_spend_model else None,
        }
    )
    (folder / MODEL).write_bytes(content)
    manifest = facts | {
        "version": served.version,
        "horizon_days": served.horizon_days,
        "recipe": served.recipe.value,
        "features": NAMES,
        "python": platform.python_version(),
        "libraries": LIBRARIES,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, default=str), encoding="utf-8")


def load(folder: Path) -> SavedModel:
    """Read a saved model; raise StepError if it is damaged or has other features, libraries or members."""
    manifest = _manifest(folder)
    content = (folder / MODEL).read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest["sha256"]:
        raise StepError(f"{folder / MODEL} is not the file that was saved: its hash differs; train again")
    for what, trained_with, wanted in (
        ("features", manifest["features"], NAMES),
        ("libraries", manifest["libraries"], LIBRARIES),
    ):
        if trained_with != wanted:
            raise StepError(f"the model {manifest['version']} was trained with other {what}: train again")
    unknown = set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED)
    if unknown:
        raise StepError(
            f"{folder / MODEL} contains {', '.join(sorted(unknown))}, which does not belong in a churn model"
        )
    parts = skops.io.loads(content, trusted=TRUSTED)
    if (parts["served"] | LATER_PARTS).keys() != PARTS or parts["served"]["recipe"] not in Recipe:
        raise StepError(f"the model {manifest['version']} was trained with other members: train again")
    judged = _model(parts["judged"]) if parts["judged"] else None
    spend_model, judged_spend_model = (  # earlier releases saved none
        _spend_model(parts[name]) if parts.get(name) else None for name in ("spend", "judged_spend")
    )
    saved = SavedModel(
        _model(parts["served"]), judged, manifest, spend_model, judged_spend_model=judged_spend_model
    )
    return _on_its_day(saved, folder / DAY)


def keep_day(folder: Path, day: DayFit, version: str) -> None:
    """Store in a model's folder how the model is adapted to a day."""
    (folder / DAY).write_text(as_json(day, version), encoding="utf-8")


def _on_its_day(model: SavedModel, path: Path) -> SavedModel:
    if not path.exists():
        return model
    return model.on(from_json(path.read_text(encoding="utf-8"), model.served.version))


def _manifest(folder: Path) -> Facts:
    try:
        manifest: Facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        missing = {"version", "features", "libraries", "sha256"} - manifest.keys()
    except (OSError, ValueError, AttributeError) as error:
        raise StepError(f"{folder} holds no churn model: train one with train_churn_model") from error
    if missing:
        raise StepError(f"{folder / MANIFEST} lacks {', '.join(sorted(missing))}: train again")
    return manifest


def _parts(model: ChurnModel) -> dict[str, Any]:
    """Return a model as dictionaries, arrays and scikit-learn's own trees."""
    return {
        "recipe": model.recipe.value,
        "horizon_days": model.horizon_days,
        "version": model.version,
        "average": model.average,
        "purchases": asdict(model.purchases),
        "share": model.share,
        "linear": asdict(model.linear) if model.linear else None,
        "season": asdict(model.season) if model.season else None,
        "trees": model.trees,
        "tree_columns": model.tree_columns,
    }


def _spend_parts(spend_model: SpendModel) -> dict[str, Any]:
    own = {field.name: getattr(spend_model, field.name) for field in fields(SpendModel)}
    return own | {"season": asdict(spend_model.season)}


def _spend_model(parts: dict[str, Any]) -> SpendModel:
    return SpendModel(**parts | {"season": SpendSeason(**parts["season"])})


def _model(parts: dict[str, Any]) -> ChurnModel:
    made = {
        "recipe": Recipe(parts["recipe"]),
        "purchases": PurchaseModel(**parts["purchases"]),
        "linear": Linear(**parts["linear"]) if parts["linear"] else None,
        "season": Season(**parts["season"]) if parts["season"] else None,
    }
    return ChurnModel(**LATER_PARTS | parts | made)
