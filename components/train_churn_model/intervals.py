"""How certain the figures are: the same customers resampled a thousand times, for all models at once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from components.churn_model.examples import Flags, Floats

RESAMPLES = 1000
CHUNK = 5  # resamples at a time: as many as the cores' caches hold
MOST_CUSTOMERS = 20_000
Figures = dict[str, Floats]


@dataclass(frozen=True)
class Interval:
    """A figure with its 95% interval over resamples."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return the figure and its bounds as shown to people."""
        return f"{self.value:.4f} ({self.low:.4f} to {self.high:.4f})"


def resample(churned: Flags, probabilities: Mapping[str, Floats]) -> dict[str, Figures]:
    """Return each model's roc_auc, pr_auc and log_loss: first on the customers themselves, then resampled.

    Every resample is the same for all models, so that differences are paired. At most MOST_CUSTOMERS are
    used, drawn at random.
    """
    generator = np.random.default_rng(0)
    kept = generator.permutation(len(churned)) < MOST_CUSTOMERS
    sorted_ones = {name: _Sorted(churned[kept], own[kept]) for name, own in probabilities.items()}
    parts: dict[str, list[Figures]] = {name: [] for name in probabilities}
    customers = int(kept.sum())
    draws = [np.ones((1, customers))]
    for start in range(0, RESAMPLES + 1, CHUNK):
        weights = draws.pop() if start == 0 else generator.poisson(1.0, (CHUNK, customers)).astype(float)
        for name, customers_sorted in sorted_ones.items():
            parts[name].append(customers_sorted.figures(weights))
    return {
        name: {figure: np.concatenate([part[figure] for part in own]) for figure in own[0]}
        for name, own in parts.items()
    }


def interval(replicates: Floats) -> Interval:
    """Return the interval of a figure's replicates, the first of which is the figure itself."""
    low, high = np.nanpercentile(replicates[1:], [2.5, 97.5])
    return Interval(float(replicates[0]), float(low), float(high))


class _Sorted:
    """A model's customers by rising probability, so that a resample is only a set of weights."""

    def __init__(self, churned: Flags, probability: Floats) -> None:
        self.order = np.argsort(probability, kind="stable")
        ranked = probability[self.order]
        self.churned = churned[self.order].astype(float)
        self.starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
        self.loss = -np.log(np.where(self.churned == 1, ranked, 1 - ranked))

    def figures(self, weights: Floats) -> Figures:
        """Return the figures for rows of weights; NaN where a row holds one class alone."""
        weighted = weights[:, self.order]
        churned = np.add.reduceat(weighted * self.churned, self.starts, axis=1)
        stayed = np.add.reduceat(weighted * (1 - self.churned), self.starts, axis=1)
        all_churned, all_stayed = churned.sum(axis=1), stayed.sum(axis=1)
        below = stayed.cumsum(axis=1) - stayed / 2
        true = churned[:, ::-1].cumsum(axis=1)
        named = true + stayed[:, ::-1].cumsum(axis=1)
        precision = np.divide(true, named, out=np.zeros_like(true), where=named > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                "roc_auc": (churned * below).sum(axis=1) / (all_churned * all_stayed),
                "pr_auc": (churned[:, ::-1] * precision).sum(axis=1) / all_churned,
                "log_loss": weighted @ self.loss / weighted.sum(axis=1),
            }
