"""The churn model: the mean of three members' log odds, plus half of last year's seasonal effect.

Trees find interactions; a regression stabilises them where data are scarce and provides the reasons; MBG/NBD
needs no labels, so a past season cannot mislead it. Fitting uses one thread, because a sum over several
threads differs in its last digits.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from components.churn_model import reasons
from components.churn_model.examples import Examples, Floats, Texts
from components.churn_model.features import FEATURES, NAMES
from components.churn_model.linear import (
    REGULARISATION,
    Linear,
    fit_linear,
    from_log,
    known_columns,
    signed_log,
)
from components.churn_model.probability import from_log_odds, to_log_odds
from components.churn_model.purchase_model import PurchaseModel, fit_purchases
from components.churn_model.season import TRUSTED_SHARE, Season, measure_season
from components.churn_model.threads import few_threads

BOOSTING = {
    "max_iter": 200,
    "max_leaf_nodes": 8,
    "learning_rate": 0.05,
    "min_samples_leaf": 40,
    "l2_regularization": 1.0,
    "max_features": 0.25,
    "early_stopping": False,
    "random_state": 0,
}
# The regression and MBG/NBD share the rest, which is larger if last year's season is unknown.
TREES_SHARE, TREES_SHARE_WITHOUT_SEASON = 1 / 2, 1 / 3
# Rows of the rarer class at the newest cut-off: trees gain from 100 on, and nothing below.
TREES_FROM, REGRESSION_FROM = 100, 50
TREES, REGRESSION, PURCHASES = "gradient boosting", "logistic regression", "MBG/NBD"
BASE_RATE = "base rate"
# What MBG/NBD reads, by the feature that a reason quotes; for one-time buyers, tenure equals silence.
RECENCY, TENURE, VISITS = (NAMES.index(name) for name in ("recency_days", "tenure_days", "visits"))
FEW = np.array([RECENCY, VISITS])


class Recipe(StrEnum):
    """What is fitted, depending on the newest cut-off's number of rows of the rarer class."""

    FULL = f"{TREES}, {REGRESSION} and {PURCHASES}"
    LINEAR = f"{REGRESSION} and {PURCHASES}"
    FALLBACK = f"fallback: {PURCHASES} alone"
    BASE_RATE = "base rate: the same for every customer"


def choose_recipe(rarer: int) -> Recipe:
    """Return the richest recipe that this many rows of the rarer class can support."""
    if rarer >= TREES_FROM:
        return Recipe.FULL
    return Recipe.LINEAR if rarer >= REGRESSION_FROM else Recipe.FALLBACK


class Part(NamedTuple):
    """A member's log odds for some rows, and its weight in the blend."""

    member: str
    weight: float
    log_odds: Floats


@dataclass(frozen=True)
class Blend:
    """The members' parts, what the season adds to each row, and the resulting log odds.

    If last year's season is unknown, season is the shift that MBG/NBD gives all rows.
    """

    parts: list[Part]
    season: float
    log_odds: Floats


@dataclass(frozen=True)
class ChurnModel:
    """A fitted model; its version is a digest of what it was fitted on and how.

    share is the known share that churned. trust, level and purchases belong to a day once the model is
    adapted to one: see day.py.
    """

    recipe: Recipe
    horizon_days: int
    version: str
    average: Floats
    purchases: PurchaseModel
    share: float
    linear: Linear | None = None
    season: Season | None = None
    trees: HistGradientBoostingClassifier | None = None
    tree_columns: npt.NDArray[np.int64] | None = None
    trust: float = 1.0
    level: float = 0.0

    @property
    def fallback(self) -> "ChurnModel":
        """The model's MBG/NBD alone, as a model with its own version."""
        return self if self.recipe is Recipe.FALLBACK else self._without_members(Recipe.FALLBACK, "fallback")

    @property
    def base_rate(self) -> "ChurnModel":
        """A model that predicts the known share for everybody, with its own version."""
        return self._without_members(Recipe.BASE_RATE, "base-rate")

    @property
    def ranks(self) -> bool:
        """Whether the model can rank customers."""
        return self.recipe is not Recipe.BASE_RATE

    def _without_members(self, recipe: Recipe, suffix: str) -> "ChurnModel":
        alone = replace(self, linear=None, season=None, trees=None, tree_columns=None, trust=1.0, level=0.0)
        return replace(alone, recipe=recipe, version=f"{self.version}-{suffix}")

    def predict(self, features: Floats, at: date) -> Floats:
        """Return the probability of churn after a date for each row of rows by NAMES."""
        return self._probability(features, at, self._contributions(features))

    def explain(
        self, features: Floats, at: date, currencies: Texts | None = None
    ) -> tuple[Floats, pa.ListArray]:
        """Return predictions, and up to three sentences per row on what raises and lowers the risk.

        The sentences are the strongest first.
        """
        contributions = self._contributions(features)
        probability = self._probability(features, at, contributions)
        if not self.ranks:
            return probability, pa.array([[]] * len(features), pa.list_(pa.string()))
        families, membership = reasons.families_of(self._columns)
        effects = self._effects(features, at, contributions) @ membership
        return probability, reasons.in_words(features, effects, families, self.horizon_days, currencies)

    def blend(self, features: Floats, at: date) -> Blend:
        """Return each member's log odds for each row, and their blend for a date."""
        return self._blend(features, at, self._contributions(features))

    def grounds(self, features: Floats, at: date) -> list[dict[str, dict[str, float]]]:
        """Return what the reasons of each row are based on, strongest first.

        Each family maps its features to what they add to the log odds relative to usual values.
        """
        if not self.ranks:
            return [{} for _ in features]
        contributions = self._effects(features, at, self._contributions(features))
        families, membership = reasons.families_of(self._columns)
        chosen = reasons.strongest(contributions @ membership)
        names = [NAMES[column] for column in self._columns]
        return [
            {
                families[number]: _select_family(families[number], names, row)
                for number in numbers
                if number >= 0
            }
            for row, numbers in zip(contributions.tolist(), chosen.tolist(), strict=True)
        ]

    @property
    def _columns(self) -> npt.NDArray[np.int64]:
        return FEW if self.linear is None else self.linear.columns

    @property
    def usual(self) -> Floats:
        """A usual customer's values by NAMES; NaN where no customer has a known value."""
        if self.linear is None:
            return self.average
        values = np.full(len(NAMES), np.nan)
        values[self.linear.columns] = self.linear.usual
        return values

    def _contributions(self, features: Floats) -> Floats:
        return np.zeros((len(features), 0)) if self.linear is None else self.linear.contributions(features)

    def _probability(self, features: Floats, at: date, contributions: Floats) -> Floats:
        return from_log_odds(self._blend(features, at, contributions).log_odds)

    def _blend(self, features: Floats, at: date, contributions: Floats) -> Blend:
        if not self.ranks:
            everybody = to_log_odds(np.full(len(features), self.share))
            return Blend([Part(BASE_RATE, 1.0, everybody)], 0.0, everybody)
        purchases = to_log_odds(self.purchases.silence_probability(features, self.horizon_days))
        if self.linear is None or self.season is None:
            return Blend([Part(PURCHASES, 1.0, purchases)], 0.0, purchases)
        shares = self._shares(self.season.reaches(at, self.horizon_days))
        members = {
            REGRESSION: contributions.sum(axis=1) + self.linear.intercept,
            PURCHASES: purchases,
        }
        if self.trees is not None:
            with few_threads(len(features)):
                trees = self.trees.decision_function(features[:, self.tree_columns])
            members = {TREES: trees} | members
        parts = [Part(name, shares[name], log_odds) for name, log_odds in members.items()]
        season = self.season.offset(at, self.horizon_days) + self.level
        log_odds = np.sum([part.weight * part.log_odds for part in parts], axis=0)
        return Blend(parts, season, log_odds + season)

    def _shares(self, is_season_known: bool) -> dict[str, float]:
        """Return the members' weights, which add up to 1 however far MBG/NBD is trusted."""
        trees = TREES_SHARE if is_season_known else TREES_SHARE_WITHOUT_SEASON
        trees = trees if self.trees is not None else 0.0
        weights = {TREES: trees, REGRESSION: (1 - trees) / 2, PURCHASES: (1 - trees) / 2 * self.trust}
        return {name: weight / sum(weights.values()) for name, weight in weights.items()}

    def _effects(self, features: Floats, at: date, contributions: Floats) -> Floats:
        """Return how far each column moves each row's log odds from where its usual value puts them.

        The trees are left out: they would take ten times as long, and seldom disagree on the direction of the
        strongest effects; see docs/churn-model.md.
        """
        moved = self._history_effects(features)
        if self.linear is None or self.season is None:
            return moved
        shares = self._shares(self.season.reaches(at, self.horizon_days))
        effects = shares[REGRESSION] * contributions
        effects[:, np.searchsorted(self.linear.columns, FEW)] += shares[PURCHASES] * moved
        return effects

    def _history_effects(self, features: Floats) -> Floats:
        """Return how far silence and visits, as in FEW, move MBG/NBD's log odds."""
        whole = to_log_odds(self.purchases.silence_probability(features, self.horizon_days))
        moved, usual = [], self.usual
        for columns in ([RECENCY, TENURE], [VISITS]):
            changed = features.copy()
            changed[:, columns] = usual[columns]
            moved.append(whole - to_log_odds(self.purchases.silence_probability(changed, self.horizon_days)))
        return np.column_stack(moved)


def fit(examples: Examples, recipe: Recipe, horizon_days: int) -> ChurnModel:
    """Fit a recipe to examples of both classes; MBG/NBD to the newest cut-off's customers alone."""
    newest = examples.newest.features
    with threadpool_limits(limits=1):
        linear = season = trees = tree_columns = None
        purchases = fit_purchases(newest)
        if recipe is not Recipe.FALLBACK:
            linear = fit_linear(examples)
            season = measure_season(examples, linear)
        if recipe is Recipe.FULL:
            tree_columns = known_columns(examples.features)
            trees = HistGradientBoostingClassifier(**BOOSTING)
            trees.fit(examples.features[:, tree_columns], examples.churned)
    version = _version(examples, recipe, horizon_days)
    average = from_log(np.array([_mean(column) for column in signed_log(newest).T]))
    share = float(examples.churned.mean())
    members = linear, season, trees, tree_columns
    return ChurnModel(recipe, horizon_days, version, average, purchases, share, *members)


def _select_family(family: str, names: list[str], values: list[float]) -> dict[str, float]:
    return {name: value for name, value in zip(names, values, strict=True) if FEATURES[name] == family}


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _version(examples: Examples, recipe: Recipe, horizon_days: int) -> str:
    settings = (recipe, horizon_days, NAMES, BOOSTING, REGULARISATION, TRUSTED_SHARE, sklearn.__version__)
    digest = hashlib.sha256(repr(settings).encode())
    money = (examples.money.spent, examples.money.currencies) if examples.money else ()
    for array in (examples.features, examples.churned, examples.cutoff_dates, *money):
        digest.update(np.ascontiguousarray(array).view(np.uint8))
    return f"churn-{digest.hexdigest()[:12]}"
