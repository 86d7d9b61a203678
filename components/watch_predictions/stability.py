"""How far today's customers differ from the training's: population stability and missing values."""

from dataclasses import dataclass

import numpy as np

from components.churn_model.examples import Floats
from components.churn_model.features import NAMES

SCORE = "churn_probability"
BINS = 10
LEAST_SHARE = 1e-4
# Totals and ages grow with the data and would always alarm; only windows of fixed length can be compared.
BOUNDED = {name for name in NAMES if "_in_" in name or name.endswith("_trend")}


@dataclass(frozen=True)
class Stability:
    """One column's index (0 is identical, .25 a large shift), and its missing shares then and now."""

    column: str
    bounded: bool
    index: float
    missing_share: float
    training_missing_share: float


def compare(training: Floats, today: Floats, scores: tuple[Floats, Floats]) -> list[Stability]:
    """Return the stability of every feature of rows by NAMES, and of the score, then and now."""
    columns = [
        _stability(name, name in BOUNDED, training[:, column], today[:, column])
        for column, name in enumerate(NAMES)
    ]
    return [*columns, _stability(SCORE, True, *scores)]


def _stability(name: str, bounded: bool, training: Floats, today: Floats) -> Stability:
    known = training[~np.isnan(training)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if len(known) else np.array([])
    # An empty bin counts as half a customer: a smaller share would be a shift by itself among few customers.
    least = max(LEAST_SHARE, 0.5 / min(len(training), len(today)))
    then, now = _shares(training, edges, least), _shares(today, edges, least)
    index = float(np.sum((now - then) * np.log(now / then)))
    missing, training_missing = float(np.isnan(today).mean()), float(np.isnan(training).mean())
    return Stability(name, bounded, index, missing, training_missing)


def _shares(values: Floats, edges: Floats, least: float) -> Floats:
    """Return the share of each bin, the last of which holds the missing values; `least` if it is smaller."""
    bins = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="left"))
    counts = np.bincount(bins, minlength=len(edges) + 2)
    return np.maximum(counts / len(values), least)
