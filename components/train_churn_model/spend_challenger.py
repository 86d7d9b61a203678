"""The spend model of a new version: its own trees if the gate accepts them, else the gate's choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from components.churn_model.examples import Examples
from components.churn_model.spend_model import SpendModel
from components.train_churn_model.evaluation import LATER_TIME, Evaluation, closed_before_newest
from components.train_churn_model.gate import Champion
from components.train_churn_model.spend_evaluation import CHAMPIONS_TREES, SpendFigures, evaluate_spend
from components.train_churn_model.spend_gate import SpendDecision, decide_spend
from components.train_churn_model.spend_training import SpendHistory


@dataclass(frozen=True)
class TrainedSpend:
    """The spend model of a new version, its twin, and the decision.

    newest holds the figures of this training's own model at the newest cut-off, None if it was not judged.
    """

    model: SpendModel | None
    judged: SpendModel | None
    newest: SpendFigures | None
    decision: SpendDecision


def train_spend(
    spend_history: SpendHistory,
    examples: Examples,
    as_of: date,
    evaluation: Evaluation,
    past: Sequence[SpendFigures],
    champion: Champion | None,
) -> TrainedSpend:
    """Judge this training's trees and the champion's at the newest cut-off, and follow the gate.

    The champion's are judged by their twin, which has not seen the outcomes; without one they do not compete.
    """
    twin, newest = _judge_newest(spend_history, examples, evaluation, champion)
    decision = decide_spend(newest, past)
    if decision.serves == CHAMPIONS_TREES and champion is not None and champion.spend_model is not None:
        return TrainedSpend(
            spend_history.now(champion.spend_model, as_of), champion.judged_spend_model, newest, decision
        )
    model = spend_history.fit(examples, as_of, trees=decision.promoted)
    if model is not None and model.trees is None:
        twin = None
    return TrainedSpend(model, twin, newest, decision)


def _judge_newest(
    spend_history: SpendHistory, examples: Examples, evaluation: Evaluation, champion: Champion | None
) -> tuple[SpendModel | None, SpendFigures | None]:
    """Return the twin, fitted to what was known at the newest cut-off, and its figures, or None for each."""
    if evaluation.protocol != LATER_TIME:
        return None, None
    [(churn_model, test)] = evaluation.models
    twin = spend_history.fit(closed_before_newest(examples, spend_history.horizon_days), test.newest_cutoff)
    rival = champion.judged_spend_model if champion else None
    if rival is not None:
        rival = spend_history.now(rival, test.newest_cutoff) if rival.trees is not None else None
    return twin, evaluate_spend(churn_model, twin, test, rival) if twin else None
