"""The warnings of a run; docs/thresholds.md gives the reasons for the thresholds."""

from collections.abc import Iterator

from components.watch_predictions.outcomes import Outcome
from components.watch_predictions.stability import Stability

LARGE_SHIFT = 0.25  # population stability index of a bounded column
MISSING_SHIFT = 0.10
VOLUME_RATIO = 2.0
CALIBRATION_SHIFT = 0.05  # mean predicted against actual churn, once a window has closed
UNSEEN_SHARE = 0.10


def find_warnings(
    customers: int, training: int, unseen_share: float, columns: list[Stability], outcomes: list[Outcome]
) -> list[str]:
    """Return a sentence for each figure beyond its threshold; outcomes are the newest first."""
    bounded = [column for column in columns if column.bounded]
    return [
        *_shifted(bounded),
        *_missing(bounded),
        *_volume(customers, training),
        *_unseen(unseen_share),
        *_miscalibrated(outcomes[:1]),
    ]


def _shifted(columns: list[Stability]) -> Iterator[str]:
    for one in columns:
        if one.index > LARGE_SHIFT:
            yield f"{one.column} has shifted: stability index {one.index:.2f}, over {LARGE_SHIFT}"


def _missing(columns: list[Stability]) -> Iterator[str]:
    for one in columns:
        if abs(one.missing_share - one.training_missing_share) > MISSING_SHIFT:
            yield (
                f"{one.column} is missing for {one.missing_share:.0%} of customers, "
                f"{one.training_missing_share:.0%} in training"
            )


def _volume(customers: int, training: int) -> Iterator[str]:
    if not 1 / VOLUME_RATIO <= customers / training <= VOLUME_RATIO:
        yield f"{customers:,} customers to score, {training:,} at the newest training cut-off"


def _unseen(share: float) -> Iterator[str]:
    if share > UNSEEN_SHARE:
        yield f"{share:.0%} of recent sales are in categories never sold before"


def _miscalibrated(newest: list[Outcome]) -> Iterator[str]:
    for outcome in newest:
        if abs(outcome.predicted - outcome.churned) > CALIBRATION_SHIFT:
            yield (
                f"of {outcome.prediction_date}'s customers, {outcome.churned:.1%} churned; "
                f"{outcome.predicted:.1%} were predicted to"
            )
