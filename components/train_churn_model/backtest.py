"""How the recipe would have performed at past cut-offs, each time with what was known then."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from components.churn_model.examples import Examples
from components.churn_model.features import NAMES
from components.churn_model.model import choose_recipe, fit
from components.churn_model.purchase_model import fit_purchases
from components.churn_model.season import REACH, YEAR
from components.train_churn_model.baselines import fit_baselines
from components.train_churn_model.evaluation import (
    ENOUGH,
    Evaluation,
    as_of_newest,
    closed_before_newest,
    predict_newest,
)
from components.train_churn_model.metrics import BINS, judge
from components.train_churn_model.spend_evaluation import SpendFigures
from components.train_churn_model.spend_training import SpendHistory

MOST_CUTOFFS = 6
MOST_ROWS = 100_000
HISTORY_DAYS = NAMES.index("history_days")


@dataclass(frozen=True)
class PastCutoff:
    """A past cut-off: its customers, days of sales, mean prediction and actual outcome.

    baselines holds each baseline's roc_auc and log_loss, spend the figures for spend if it was judged.
    The run's record stores the fields by name.
    """

    cutoff_date: date
    customers: int
    history_days: int
    predicted: float
    churned: float
    roc_auc: float
    log_loss: float
    expected_calibration_error: float
    baselines: dict[str, dict[str, float]]
    spend: SpendFigures | None = None


@dataclass(frozen=True)
class Spread:
    """A figure over the dates at which it was judged: its mean, minimum and maximum."""

    mean: float
    low: float
    high: float
    dates: int


@dataclass(frozen=True)
class Claim:
    """The expected calibration error: the latest one found, and the upper end of what is claimed.

    The upper end is None if too little history is known to claim any.
    """

    found: float
    upper: float | None
    is_season_known: bool


def backtest(
    examples: Examples, as_of: date, horizon_days: int, spend_history: SpendHistory | None = None
) -> list[PastCutoff]:
    """Return the figures of up to MOST_CUTOFFS cut-offs before the newest, oldest first.

    The cut-off nearest to a year before as_of is among them, since it shows the season. Given a
    spend_history, expected spend is judged too.
    """
    cutoffs = np.unique(examples.cutoff_dates)[:-1]
    able = np.array([cutoff for cutoff in cutoffs if _can_be_judged(examples, cutoff, horizon_days)])
    if not len(able):
        return []
    return [
        _judge_past(_examples_through(examples, cutoff), horizon_days, spend_history)
        for cutoff in _choose_cutoffs(able, as_of)
    ]


def newest(evaluation: Evaluation, spend_figures: SpendFigures | None = None) -> PastCutoff:
    """Return the newest cut-off's figures in the form of the past ones."""
    figures = {name: judge(evaluation.test.churned, other) for name, other in evaluation.baselines.items()}
    return _figures(evaluation.test, evaluation.probability, figures, spend_figures)


def spread_of(dates: Sequence[PastCutoff]) -> dict[str, Spread]:
    """Return the spread over dates of the figures, and of the log loss minus each baseline's."""
    figures = {
        name: [float(getattr(one, name)) for one in dates]
        for name in ("roc_auc", "log_loss", "expected_calibration_error")
    }
    for name in dates[-1].baselines:
        known = [one for one in dates if name in one.baselines]
        figures[f"log_loss less {name}'s"] = [one.log_loss - one.baselines[name]["log_loss"] for one in known]
    return {
        name: Spread(float(np.mean(values)), min(values), max(values), len(values))
        for name, values in figures.items()
    }


def claim_of(dates: Sequence[PastCutoff], as_of: date, horizon_days: int) -> Claim:
    """Return the calibration error claimed for the coming horizon, from the newest date and those before.

    If a closed date lies about a year back, the claim is the latest error, plus what chance alone would show
    for a calibrated model on as many customers. In another season, the range of past errors of the mean is
    added, from dates with two horizons of history; with fewer than two such dates nothing is claimed.
    """
    found = dates[-1].expected_calibration_error
    # The mean distance of a bin's churn rate from its probability, with equal bins, where it is largest.
    by_chance = math.sqrt(BINS / (2 * math.pi * dates[-1].customers))
    if any(abs((as_of - one.cutoff_date).days - YEAR) <= REACH for one in dates):
        return Claim(found, found + by_chance, True)
    errors = [one.predicted - one.churned for one in dates if one.history_days >= 2 * horizon_days]
    upper = found + by_chance + max(errors) - min(errors) if len(errors) > 1 else None
    return Claim(found, upper, False)


def _choose_cutoffs(able: npt.NDArray[np.datetime64], as_of: date) -> npt.NDArray[np.datetime64]:
    """Return up to MOST_CUTOFFS evenly spaced cut-offs, with the last and the one nearest to a year ago."""
    places = {round(place) for place in np.linspace(0, len(able) - 1, min(MOST_CUTOFFS, len(able)))}
    away = np.abs((np.datetime64(as_of, "D") - able).astype(int) - YEAR)
    if away.min() <= REACH and (year := int(away.argmin())) not in places:
        places = places - {min(places - {len(able) - 1}, key=lambda place: abs(place - year))} | {year}
    return able[sorted(places)]


def _examples_through(examples: Examples, cutoff: np.datetime64) -> Examples:
    """Return the examples up to a cut-off, or about MOST_ROWS of them at random if there are more."""
    rows = examples.cutoff_dates <= cutoff
    share = MOST_ROWS / rows.sum()
    return examples.take(rows & (np.random.default_rng(0).uniform(size=len(rows)) < share))


def _can_be_judged(examples: Examples, cutoff: np.datetime64, horizon_days: int) -> bool:
    known = examples.take(examples.cutoff_dates <= cutoff)
    earlier = closed_before_newest(known, horizon_days)
    return earlier.rarer >= ENOUGH and known.take(known.cutoff_dates == cutoff).rarer >= ENOUGH


def _judge_past(examples: Examples, horizon_days: int, spend_history: SpendHistory | None) -> PastCutoff:
    test, earlier = examples.newest, closed_before_newest(examples, horizon_days)
    fitted = fit(earlier, choose_recipe(test.rarer), horizon_days)
    model = as_of_newest(fitted, test, fit_purchases(test.features))
    baselines = fit_baselines(earlier, model)
    figures = {name: judge(test.churned, predict(test.features)) for name, predict in baselines.items()}
    spend_figures = spend_history.judge(model, earlier, test) if spend_history else None
    return _figures(test, predict_newest(model, test), figures, spend_figures)


def _figures(
    test: Examples,
    probability: npt.NDArray[np.float64],
    baselines: dict[str, dict[str, float]],
    spend_figures: SpendFigures | None,
) -> PastCutoff:
    own = judge(test.churned, probability)
    return PastCutoff(
        cutoff_date=test.newest_cutoff,
        customers=len(test.churned),
        history_days=int(test.features[:, HISTORY_DAYS].max()),
        predicted=float(probability.mean()),
        churned=float(test.churned.mean()),
        roc_auc=own["roc_auc"],
        log_loss=own["log_loss"],
        expected_calibration_error=own["expected_calibration_error"],
        baselines={
            name: {figure: other[figure] for figure in ("roc_auc", "log_loss")}
            for name, other in baselines.items()
        },
        spend=spend_figures,
    )
