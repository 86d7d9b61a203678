"""Whether a training's trees predict spend: they must rank no worse than simpler ways do.

A version is one churn model and one spend model. The churn gate decides which version serves; this gate
decides which spend model a new version has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.train_churn_model.gate import SEVERAL_DATES
from components.train_churn_model.spend_evaluation import (
    CHAMPIONS_TREES,
    GAMMA_GAMMA,
    MODEL,
    PACE,
    SpendFigures,
)

MUST_NOT_TRAIL = (GAMMA_GAMMA, PACE)
INSTEAD = {
    MODEL: "They serve nevertheless, since no alternative ranks better",
    CHAMPIONS_TREES: "The champion's trees keep predicting spend",
    GAMMA_GAMMA: f"{GAMMA_GAMMA} predicts spend",
}
NOT_JUDGED = "too few purchases, or too short a history, to judge more on later time"


@dataclass(frozen=True)
class SpendDecision:
    """Which spend model is used (MODEL's trees, CHAMPIONS_TREES or GAMMA_GAMMA), and why, in words."""

    serves: str
    sentence: str

    @property
    def promoted(self) -> bool:
        """Whether the training's own trees are used."""
        return self.serves == MODEL


def decide_spend(newest: SpendFigures | None, past: Sequence[SpendFigures] = ()) -> SpendDecision:
    """Choose by the ranking at the newest cut-off and the mean over all dates; totals are corrected later.

    The trees must not rank clearly worse than any of MUST_NOT_TRAIL, nor worse on average over several dates,
    nor clearly worse than the champion's trees. If they do, the champion's trees stay, unless gamma-gamma
    ranks better than these. Otherwise gamma-gamma serves if it has won, else the trees do; last year's pace
    cannot serve.
    """
    if newest is None or not newest.trees:
        return SpendDecision(GAMMA_GAMMA, f"{INSTEAD[GAMMA_GAMMA]}: {NOT_JUDGED}.")
    dates = [one for one in [*past, newest] if one.trees]
    lost = {name: why for name in MUST_NOT_TRAIL if (why := _describe_lag(dates, name))}
    if not lost and (CHAMPIONS_TREES not in newest.against or newest.against[CHAMPIONS_TREES].high >= 0):
        return SpendDecision(MODEL, f"Its trees predict spend: {_figures(dates)}.")
    why = "; ".join(lost.values()) or _difference(newest, CHAMPIONS_TREES)
    serves = _choose_served(newest, lost)
    return SpendDecision(serves, f"Its trees are not promoted: {why}. {INSTEAD[serves]}.")


def _describe_lag(dates: Sequence[SpendFigures], name: str) -> str:
    """Return how a rival ranks better, at the newest date or on average over several; empty if not."""
    against = dates[-1].against[name]
    if against.high < 0:
        return _difference(dates[-1], name)
    gains = _gains(dates, name)
    if gains and np.mean(gains) < 0:
        return (
            f"a difference in Gini of {np.mean(gains):.4f} against {name} on average over {len(gains)} dates"
        )
    return ""


def _gains(dates: Sequence[SpendFigures], name: str) -> list[float]:
    """Return the Gini minus a rival's at each date that has both; none if fewer than SEVERAL_DATES have."""
    gains = [one.figures[MODEL]["gini"] - one.figures[name]["gini"] for one in dates if name in one.figures]
    return gains if len(gains) >= SEVERAL_DATES else []


def _choose_served(newest: SpendFigures, lost: dict[str, str]) -> str:
    if CHAMPIONS_TREES in newest.figures:
        ginis = {name: figures["gini"] for name, figures in newest.figures.items()}
        if not lost or ginis[CHAMPIONS_TREES] >= ginis[GAMMA_GAMMA]:
            return CHAMPIONS_TREES
    return GAMMA_GAMMA if GAMMA_GAMMA in lost else MODEL


def _figures(dates: Sequence[SpendFigures]) -> str:
    """Return how the trees rank against each rival, at the newest date and on average over several."""
    said = []
    for name in dates[-1].against:
        gains = _gains(dates, name)
        over = f", {np.mean(gains):+.4f} on average over {len(gains)} dates" if gains else ""
        said.append(_difference(dates[-1], name) + over)
    return "; ".join(said)


def _difference(date: SpendFigures, name: str) -> str:
    return f"a difference in Gini of {date.against[name]} against {name}"
