"""The warnings of a run; docs/thresholds.md gives the reasons for the thresholds."""

import math
from collections.abc import Iterator
from datetime import date

from scipy.stats import chi2, norm

from components.watch_predictions.outcomes import Outcome
from components.watch_predictions.recent_sales import RecentSales
from components.watch_predictions.stability import BINS, Stability

LARGE_SHIFT = 0.25  # population stability index of a bounded column
MISSING_SHIFT = 0.10
VOLUME_RATIO = 2.0
CALIBRATION_SHIFT = 0.05  # mean predicted against actual churn, once a window has closed
UNSEEN_SHARE = 0.10
CHANCE = 0.001  # how often chance alone may exceed a figure's threshold, which is higher for few customers


def find_warnings(
    customers: int, training: int, unseen_share: float, columns: list[Stability], outcomes: list[Outcome]
) -> list[str]:
    """Return a sentence for each figure beyond its threshold; outcomes are the newest first.

    A figure must also be beyond what CHANCE explains among so few customers.
    """
    bounded = [column for column in columns if column.bounded]
    rarity = 1 / customers + 1 / training
    return [
        *_shifted(bounded, rarity),
        *_missing(bounded, rarity),
        *_volume(customers, training),
        *_unseen(unseen_share),
        *_miscalibrated(outcomes[:1]),
    ]


def find_pause(as_of: date, recent: RecentSales) -> list[str]:
    """Return a sentence if sales have stopped for longer than ever in the year before the last horizon."""
    days, longest = recent.pause(as_of), recent.longest_pause
    if days is None:
        return []
    return [
        f"no sale since {recent.newest_day}, {days} days before the run; before that, they were at most "
        f"{longest} day{'s' * (longest != 1)} apart for a year: check that the shop's sales arrive, since "
        "without them its customers look lost"
    ]


def _shifted(columns: list[Stability], rarity: float) -> Iterator[str]:
    # Of customers who have not changed, the index is distributed as chi-squared, times 1/n + 1/m.
    limit = max(LARGE_SHIFT, rarity * float(chi2.isf(CHANCE, BINS)))
    for one in columns:
        if one.index > limit:
            yield f"{one.column} has shifted: stability index {one.index:.2f}, over {limit:.2f}"


def _missing(columns: list[Stability], rarity: float) -> Iterator[str]:
    for one in columns:
        now, then = one.missing_share, one.training_missing_share
        if abs(now - then) > max(MISSING_SHIFT, _by_chance((now + then) / 2, rarity)):
            yield f"{one.column} is missing for {now:.0%} of customers, {then:.0%} in training"


def _by_chance(share: float, rarity: float) -> float:
    """Return how far a share of 1 / rarity customers is from the expected one at most, but for CHANCE."""
    return float(norm.isf(CHANCE / 2)) * math.sqrt(share * (1 - share) * rarity)


def _volume(customers: int, training: int) -> Iterator[str]:
    if not 1 / VOLUME_RATIO <= customers / training <= VOLUME_RATIO:
        yield f"{customers:,} customers to score, {training:,} at the newest training cut-off"


def _unseen(share: float) -> Iterator[str]:
    if share > UNSEEN_SHARE:
        yield f"{share:.0%} of recent sales are in categories never sold before"


def _miscalibrated(newest: list[Outcome]) -> Iterator[str]:
    for outcome in newest:
        limit = max(CALIBRATION_SHIFT, _by_chance(outcome.predicted, 1 / outcome.customers))
        if abs(outcome.predicted - outcome.churned) > limit:
            yield (
                f"of {outcome.prediction_date}'s customers, {outcome.churned:.1%} churned; "
                f"{outcome.predicted:.1%} were predicted to"
            )
