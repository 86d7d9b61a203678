"""The cut-offs and the horizon: which dates to look back from, and how far ahead."""

from datetime import date, timedelta

from components.shared.errors import StepError

WEEK = 7  # days
LONGEST_SPACING = 28  # days
HORIZONS_OF_HISTORY = 4


def choose_horizon(usual_gap: int | None, first_sale_date: date, as_of: date) -> int:
    """Return the horizon in days that suits the customers' rhythm.

    It is the time within which four in five returning customers came back, in whole weeks, but at most a
    quarter of the history, so that there are outcomes to learn from and others to judge by.
    """
    if usual_gap is None:
        raise StepError(
            f"no customer bought on two days before {as_of}, so the data gives no horizon: set "
            "horizon_days, or choose a later as_of"
        )
    weeks = -(-usual_gap // WEEK)
    longest = (as_of - first_sale_date).days // HORIZONS_OF_HISTORY // WEEK
    return WEEK * max(1, min(weeks, longest))


def choose_cutoffs(as_of: date, first_sale_date: date, horizon_days: int, cutoffs: int) -> tuple[date, ...]:
    """Return up to `cutoffs` dates, oldest first; the label window of the newest ends at as_of.

    They are about a third of the horizon apart, or up to LONGEST_SPACING where the history is long enough, so
    that a short horizon sees a year's seasons too. One is a whole horizon before the newest, so that the
    newest is judged by what had closed on that very day. A cut-off before the first sale is left out.
    """
    if horizon_days < 1 or cutoffs < 1:
        raise StepError(f"horizon_days={horizon_days} and cutoffs={cutoffs} must both be at least 1")
    newest = as_of - timedelta(days=horizon_days)
    if first_sale_date >= newest:
        missing = (first_sale_date - newest).days + 1
        raise StepError(
            f"the first completed sale is on {first_sale_date}, but an outcome window of "
            f"{horizon_days} days that ends by {as_of} needs a sale before {newest}: {missing} days of "
            "history are missing; choose an as_of that much later or a shorter horizon_days"
        )
    shared = (newest - first_sale_date).days // cutoffs
    spacing = max(1, horizon_days // 3, min(LONGEST_SPACING, shared))
    ages = (_age(step, horizon_days, spacing) for step in reversed(range(cutoffs)))
    candidates = [newest - timedelta(days=age) for age in ages]
    return tuple(cutoff for cutoff in candidates if cutoff > first_sale_date)


def _age(step: int, horizon_days: int, spacing: int) -> int:
    """Return how many days before the newest a cut-off lies; a whole number of steps makes a horizon."""
    if spacing > horizon_days:
        return 0 if step == 0 else horizon_days + (step - 1) * spacing
    steps = round(horizon_days / spacing)  # in a horizon
    horizons, rest = divmod(step, steps)
    return horizons * horizon_days + round(rest * horizon_days / steps)
