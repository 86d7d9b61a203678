"""How the recipe would have done at past cut-offs, each time with what was known then."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from components.churn_model.examples import Examples
from components.churn_model.model import choose_recipe, fit
from components.churn_model.purchase_model import fit_purchases
from components.train_churn_model.evaluation import ENOUGH, closed_before_newest, predict_newest, standing
from components.train_churn_model.metrics import judge

MOST_CUTOFFS = 4
MOST_ROWS = 100_000


@dataclass(frozen=True)
class PastCutoff:
    """One past cut-off: its customers, what was said of them on the mean, and what came."""

    cutoff_date: date
    customers: int
    predicted: float
    churned: float
    roc_auc: float
    log_loss: float
    expected_calibration_error: float
    purchases_log_loss: float


def backtest(examples: Examples, horizon_days: int) -> list[PastCutoff]:
    """Return the figures of up to MOST_CUTOFFS cut-offs before the newest, as data allow, oldest first."""
    cutoffs = np.unique(examples.cutoff_dates)[:-1]
    able = [cutoff for cutoff in cutoffs if _judgeable(examples, cutoff, horizon_days)]
    chosen = able[:: -max(1, -(-len(able) // MOST_CUTOFFS))][:MOST_CUTOFFS][::-1]
    return [_past(_through(examples, cutoff), horizon_days) for cutoff in chosen]


def _through(examples: Examples, cutoff: np.datetime64) -> Examples:
    """Return the examples up to a cut-off, of which at most MOST_ROWS at random."""
    rows = examples.cutoff_dates <= cutoff
    share = MOST_ROWS / rows.sum()
    return examples.take(rows & (np.random.default_rng(0).uniform(size=len(rows)) < share))


def _judgeable(examples: Examples, cutoff: np.datetime64, horizon_days: int) -> bool:
    known = examples.take(examples.cutoff_dates <= cutoff)
    earlier = closed_before_newest(known, horizon_days)
    return earlier.rarer >= ENOUGH and known.take(known.cutoff_dates == cutoff).rarer >= ENOUGH


def _past(examples: Examples, horizon_days: int) -> PastCutoff:
    test = examples.newest
    fitted = fit(closed_before_newest(examples, horizon_days), choose_recipe(test.rarer), horizon_days)
    model = standing(fitted, test, fit_purchases(test.features))
    probability = predict_newest(model, test)
    figures = judge(test.churned, probability)
    return PastCutoff(
        cutoff_date=examples.newest_cutoff,
        customers=len(test.churned),
        predicted=float(probability.mean()),
        churned=float(test.churned.mean()),
        roc_auc=figures["roc_auc"],
        log_loss=figures["log_loss"],
        expected_calibration_error=figures["expected_calibration_error"],
        purchases_log_loss=judge(test.churned, predict_newest(model.fallback, test))["log_loss"],
    )
