"""Metrics of predicted spend: the ranking, the total and the amounts, since none of them is enough alone."""

from collections.abc import Mapping

import numpy as np

from components.churn_model.examples import Floats
from components.train_churn_model.intervals import MOST_CUSTOMERS, Interval, interval

RESAMPLES = 400
CHUNK = 20


def judge_spend(spent: Floats, expected: Floats) -> dict[str, float]:
    """Return normalised Gini, bias of the total, decile error and mean absolute error, relative to the total.

    The Gini is 1 for the true order and 0 for a random one. The decile error adds up how far each decile's
    total, highest first, is from the expected one. The absolute error alone is misleading: predicting the
    median minimises it, although the total is far too low.
    """
    total = spent.sum()
    tenths = np.array_split(np.argsort(-expected, kind="stable"), min(10, len(spent)))
    off = [abs(spent[rows].sum() - expected[rows].sum()) for rows in tenths]
    return {
        "gini": float(_Ranked(spent, expected).ginis(np.ones((1, len(spent))))[0]),
        "bias": float(expected.sum() / total - 1),
        "decile_error": float(sum(off) / total),
        "absolute_error": float(np.abs(spent - expected).sum() / total),
    }


def gini_differences(spent: Floats, own: Floats, others: Mapping[str, Floats]) -> dict[str, Interval]:
    """Return the model's Gini minus each other's on the same customers, with 95% bounds over customers."""
    generator = np.random.default_rng(0)
    kept = generator.permutation(len(spent)) < MOST_CUSTOMERS
    ranked = {name: _Ranked(spent[kept], values[kept]) for name, values in {"": own, **others}.items()}
    ginis: dict[str, list[Floats]] = {name: [] for name in ranked}
    for start in range(0, RESAMPLES + 1, CHUNK):
        drawn = generator.poisson(1.0, (CHUNK, int(kept.sum()))).astype(float)
        weights = np.ones((1, int(kept.sum()))) if start == 0 else drawn
        for name, customers in ranked.items():
            ginis[name].append(customers.ginis(weights))
    replicates = {name: np.concatenate(parts) for name, parts in ginis.items()}
    return {name: interval(replicates[""] - replicates[name]) for name in others}


class _Ranked:
    """Customers by falling prediction and by falling spend, so that a resample is only a set of weights."""

    def __init__(self, spent: Floats, expected: Floats) -> None:
        self.spent = spent
        self.by_expected = np.argsort(-expected, kind="stable")
        self.by_spent = np.argsort(-spent, kind="stable")

    def ginis(self, weights: Floats) -> Floats:
        """Return the normalised Gini for rows of weights; NaN where nobody drawn spent anything."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = self._area(weights, self.by_expected) / self._area(weights, self.by_spent)
        return np.asarray(ratio, dtype=np.float64)

    def _area(self, weights: Floats, order: np.ndarray) -> Floats:
        customers = weights[:, order]
        share = np.cumsum(customers * self.spent[order], axis=1)
        share /= share[:, -1:]
        before = np.cumsum(customers, axis=1) / customers.sum(axis=1, keepdims=True)
        return np.asarray((customers * (share - before)).sum(axis=1), dtype=np.float64)
