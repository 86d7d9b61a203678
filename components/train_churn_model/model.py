"""The churn model: the mean of a logistic regression's and a gradient boosting's log odds.

Trees find interactions, the regression keeps them honest on thin data, and only it is asked for reasons.
Fitting and predicting use one thread, because a sum over threads changes in its last digits.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import joblib  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
import sklearn
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from components.train_churn_model.examples import Examples, Floats
from components.train_churn_model.features import FEATURES, label_of

NAMES = list(FEATURES)
REASONS = 3
BOOSTING = {
    "max_iter": 200,
    "max_leaf_nodes": 8,
    "learning_rate": 0.05,
    "min_samples_leaf": 40,
    "l2_regularization": 1.0,
    "max_features": 0.5,
    "early_stopping": False,
    "random_state": 0,
}
LOGISTIC = {"C": 0.03, "max_iter": 1000}
# How much data there is grows from cut-off to cut-off, so a straight line in it would run away.
NOT_LINEAR = {"history_days"}
FEW = {"recency_days", "visits", "tenure_days"}


class Recipe(StrEnum):
    """What is fitted, by how many rows of the rarer class the newest cut-off has."""

    BOOSTING_AND_LOGISTIC = "boosting and logistic regression"
    LOGISTIC = "logistic regression"
    FALLBACK = "fallback: logistic regression on recency, visits and tenure"


def choose_recipe(rarer: int) -> Recipe:
    """Return the richest recipe that this many rows of the rarer class can carry."""
    if rarer >= 1000:
        return Recipe.BOOSTING_AND_LOGISTIC
    return Recipe.LOGISTIC if rarer >= 50 else Recipe.FALLBACK


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model; its version is a digest of what it was fitted on and how."""

    recipe: Recipe
    horizon_days: int
    version: str
    linear: Pipeline
    linear_columns: list[int]
    trees: HistGradientBoostingClassifier | None
    tree_columns: list[int]

    def predict(self, features: Floats) -> Floats:
        """Return the probability of churn of each row of rows by FEATURES."""
        with threadpool_limits(limits=1):
            log_odds = self.linear.decision_function(features[:, self.linear_columns])
            if self.trees is not None:
                log_odds = (log_odds + self.trees.decision_function(features[:, self.tree_columns])) / 2
        return np.asarray(expit(log_odds), dtype=np.float64)

    def reasons(self, features: Floats) -> list[list[str]]:
        """Return what raises each row's risk most in the regression: up to 3 families' strongest features."""
        scaled = self.linear[:-1].transform(features[:, self.linear_columns])
        contributions = scaled * self.linear[-1].coef_[0]
        names = [NAMES[column] for column in self.linear_columns]
        strongest = _strongest_of_families(contributions, names)
        values = np.take_along_axis(contributions, strongest, axis=1)
        words = self._words(names)
        above = np.take_along_axis(scaled, strongest, axis=1) > 0
        return [
            [words[column][int(high)] for column, high, value in zip(*row, strict=True) if value > 0]
            for row in zip(strongest.tolist(), above.tolist(), values.tolist(), strict=True)
        ]

    def _words(self, names: list[str]) -> list[tuple[str, str]]:
        labels = [label_of(name, self.horizon_days) for name in names]
        return [(f"{label}: below average", f"{label}: above average") for label in labels]

    def save(self, path: Path) -> None:
        """Write the model to a file that only this project should load: it is a pickle."""
        path.parent.mkdir(parents=True, exist_ok=True)
        joblib.dump(self, path, compress=3)

    @staticmethod
    def load(path: Path) -> "ChurnModel":
        """Read a model that save has written; raise TypeError when the file holds anything else."""
        model = joblib.load(path)
        if not isinstance(model, ChurnModel):
            raise TypeError(f"{path} holds no churn model: train one with train_churn_model")
        return model


def fit(examples: Examples, recipe: Recipe, horizon_days: int) -> ChurnModel:
    """Fit a recipe to examples of both classes; columns without any value are left out."""
    known = [column for column in range(len(NAMES)) if not np.isnan(examples.features[:, column]).all()]
    linear_columns = [column for column in known if _is_linear(NAMES[column], recipe)]
    trees = None
    linear = make_pipeline(
        FunctionTransformer(signed_log),
        StandardScaler(),
        SimpleImputer(strategy="constant", fill_value=0.0),
        LogisticRegression(**LOGISTIC),
    )
    with threadpool_limits(limits=1):
        linear.fit(examples.features[:, linear_columns], examples.churned)
        if recipe is Recipe.BOOSTING_AND_LOGISTIC:
            trees = HistGradientBoostingClassifier(**BOOSTING)
            trees.fit(examples.features[:, known], examples.churned)
    version = _version(examples, recipe, horizon_days)
    return ChurnModel(recipe, horizon_days, version, linear, linear_columns, trees, known)


def signed_log(values: Floats) -> Floats:
    """Return log(1 + |x|) with the sign of x, which tames amounts and counts."""
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), dtype=np.float64)


def _is_linear(name: str, recipe: Recipe) -> bool:
    return name in FEW if recipe is Recipe.FALLBACK else name not in NOT_LINEAR


def _strongest_of_families(contributions: Floats, names: list[str]) -> npt.NDArray[np.int64]:
    """Return, for each row, the column of each family's largest contribution; only the 3 largest families."""
    families = [FEATURES[name].family for name in names]
    best = []
    for family in dict.fromkeys(families):
        columns = np.flatnonzero(np.array(families) == family)
        best.append(columns[np.argmax(contributions[:, columns], axis=1)])
    candidates = np.column_stack(best)
    order = np.argsort(-np.take_along_axis(contributions, candidates, axis=1), axis=1, kind="stable")
    return np.take_along_axis(candidates, order[:, :REASONS], axis=1)


def _version(examples: Examples, recipe: Recipe, horizon_days: int) -> str:
    settings = (recipe, horizon_days, NAMES, BOOSTING, LOGISTIC, sklearn.__version__)
    digest = hashlib.sha256(repr(settings).encode())
    for array in (examples.features, examples.churned, examples.cutoff_dates):
        digest.update(np.ascontiguousarray(array).view(np.uint8))
    return f"churn-{digest.hexdigest()[:12]}"
