"""Train on examples in memory: judge the recipe, fit the model to serve, decide whether it takes over."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from components.churn_model import saved_model
from components.churn_model.examples import Examples, Floats
from components.churn_model.model import ChurnModel, Recipe, choose_recipe, fit
from components.churn_model.spend_model import SpendModel
from components.shared.errors import StepError
from components.train_churn_model.backtest import (
    Claim,
    PastCutoff,
    Spread,
    backtest,
    claim_of,
    newest,
    spread_of,
)
from components.train_churn_model.evaluation import LATER_TIME, Evaluation, evaluate
from components.train_churn_model.gate import (
    CHALLENGER,
    Champion,
    Decision,
    choose_served,
    decide,
    served_probability,
)
from components.train_churn_model.intervals import Interval, interval
from components.train_churn_model.metrics import RocCurve, confusion, judge, roc_points
from components.train_churn_model.spend_challenger import TrainedSpend, train_spend
from components.train_churn_model.spend_result import SpendResult, spend_result
from components.train_churn_model.spend_training import measure_history


@dataclass(frozen=True)
class TrainingResult:
    """A trained model: how it was judged, and where the served one, fitted on all cut-offs, came from.

    metrics are the challenger's; served_metrics are the serving model's, from its twin that has not seen the
    outcomes, None if it has none. The confusion matrix has actual rows and predicted columns, each as
    (stayed, churned). intervals and differences hold 95% bounds over customers; differences are the model's
    log loss minus each baseline's. given_to_all is the base rate if every customer is given it. spread holds
    figures over the dates of the backtest and the newest. spend describes the spend model, None if the
    examples do not record spend. The run's record stores the fields by name.
    """

    model_version: str
    recipe: str
    fallback: bool
    protocol: str
    metrics: dict[str, float]
    intervals: dict[str, Interval]
    baselines: dict[str, dict[str, float]]
    differences: dict[str, Interval]
    backtest: list[PastCutoff]
    spread: dict[str, Spread]
    claim: Claim
    promoted: bool
    decision: str
    served_version: str
    served_recipe: str
    served_metrics: dict[str, float] | None
    roc_curve: RocCurve
    confusion_matrix: list[list[int]]
    rows: int
    rows_judged: int
    cutoff_dates: tuple[date, ...]
    spend: SpendResult | None
    warnings: list[str]
    given_to_all: float | None


@dataclass(frozen=True)
class Trained:
    """The outcome of a training: its result for people, serving model, manifest entries and evaluation."""

    result: TrainingResult
    served: ChurnModel
    spend_model: SpendModel | None
    facts: saved_model.Facts
    evaluation: Evaluation


@dataclass(frozen=True)
class _Judgement:
    """How the challenger was judged: at the newest cut-off, and over all dates, newest last."""

    evaluation: Evaluation
    decision: Decision
    dates: list[PastCutoff]
    claim: Claim


@dataclass(frozen=True)
class _Serving:
    """The model that serves, why in words, and its probabilities for the judged customers, if any."""

    model: ChurnModel
    reason: str
    probability: Floats | None


def train(
    examples: Examples, as_of: date, horizon_days: int, folder: Path, champion: Champion | None
) -> Trained:
    """Judge, fit and save a challenger into a folder, and decide between it and the champion."""
    check_closed(examples, as_of, horizon_days)
    recipe = choose_recipe(examples.newest.rarer)
    evaluation = evaluate(examples, recipe, horizon_days)
    challenger = fit(examples, recipe, horizon_days)
    spend_history = measure_history(examples, horizon_days)
    past = backtest(examples, as_of, horizon_days, spend_history)
    decision = decide(evaluation, challenger.version, champion, past)
    serving = _choose_serving(evaluation, decision, challenger, champion)
    trained_spend = None
    if spend_history:
        past_spend = [one.spend for one in past if one.spend]
        trained_spend = train_spend(spend_history, examples, as_of, evaluation, past_spend, champion)
    dates = [*past, newest(evaluation, trained_spend.newest if trained_spend else None)]
    judgement = _Judgement(evaluation, decision, dates, claim_of(dates, as_of, horizon_days))
    spend = _spend_result(trained_spend, dates, serving.model, champion) if trained_spend else None
    warnings = _warnings(serving, decision, champion)
    result = _describe(examples, challenger, judgement, serving, spend, warnings)
    facts = _facts(result, as_of)
    twin = evaluation.models[0][0] if evaluation.protocol == LATER_TIME else None
    spend_model = trained_spend.model if trained_spend else None
    judged_spend_model = trained_spend.judged if trained_spend else None
    saved_model.save(folder, challenger, twin, facts, spend_model, judged_spend_model)
    return Trained(result, serving.model, spend_model, facts, evaluation)


def check_closed(examples: Examples, as_of: date, horizon_days: int) -> None:
    """Raise StepError if any example's label looks beyond the as-of date."""
    last = examples.newest_cutoff
    if last + timedelta(days=horizon_days) > as_of:
        raise StepError(
            f"a cut-off is {last}, and {horizon_days} days had not passed by {as_of}: its label is "
            "not known yet; run extract_features again with the same horizon_days"
        )


def _choose_serving(
    evaluation: Evaluation, decision: Decision, challenger: ChurnModel, champion: Champion | None
) -> _Serving:
    served, sentence = choose_served(evaluation, decision, challenger, champion)
    probability = served_probability(evaluation, served, challenger, champion)
    return _Serving(served, f"{decision.sentence} {sentence}".rstrip(), probability)


def _spend_result(
    trained_spend: TrainedSpend, dates: list[PastCutoff], served: ChurnModel, champion: Champion | None
) -> SpendResult:
    """Return the spend result; a churn model that stays champion keeps the spend model it came with."""
    decision = trained_spend.decision
    if champion is None or served is not champion.served or champion.spend_model is None:
        return spend_result(dates, decision.promoted, decision.sentence)
    stays = f"{served.version} stays champion and keeps its own spend model."
    return spend_result(dates, False, f"{decision.sentence} {stays}")


def _warnings(serving: _Serving, decision: Decision, champion: Champion | None) -> list[str]:
    """Return the reason for what serves if it ranks nobody, or serves only for lack of a champion."""
    if serving.model.ranks and (champion is not None or decision.promoted):
        return []
    return [serving.reason.removesuffix(".")]


def _describe(
    examples: Examples,
    challenger: ChurnModel,
    judgement: _Judgement,
    serving: _Serving,
    spend: SpendResult | None,
    warnings: list[str],
) -> TrainingResult:
    evaluation, decision = judgement.evaluation, judgement.decision
    churned, probability = evaluation.test.churned, evaluation.probability
    own = decision.replicates[CHALLENGER]
    return TrainingResult(
        model_version=challenger.version,
        recipe=challenger.recipe,
        fallback=challenger.recipe is Recipe.FALLBACK,
        protocol=evaluation.protocol,
        metrics=judge(churned, probability),
        intervals={name: interval(values) for name, values in own.items()},
        baselines={name: judge(churned, other) for name, other in evaluation.baselines.items()},
        differences={
            name: interval(own["log_loss"] - decision.replicates[name]["log_loss"])
            for name in evaluation.baselines
        },
        backtest=judgement.dates[:-1],
        spread=spread_of(judgement.dates),
        claim=judgement.claim,
        promoted=decision.promoted,
        decision=serving.reason,
        served_version=serving.model.version,
        served_recipe=serving.model.recipe,
        served_metrics=None if serving.probability is None else judge(churned, serving.probability),
        roc_curve=roc_points(churned, probability),
        confusion_matrix=confusion(churned, probability),
        rows=len(examples.churned),
        rows_judged=len(churned),
        cutoff_dates=tuple(np.unique(examples.cutoff_dates).tolist()),
        spend=spend,
        warnings=warnings,
        given_to_all=None if serving.model.ranks else serving.model.share,
    )


def _facts(result: TrainingResult, as_of: date) -> saved_model.Facts:
    """Return the manifest's entries about a training."""
    return {
        "as_of": as_of,
        "cutoff_dates": result.cutoff_dates,
        "rows": result.rows,
        "metrics": result.metrics,
        "decision": result.decision,
        "spread": {name: asdict(spread) for name, spread in result.spread.items()},
        "claim": asdict(result.claim),
        "spend": asdict(result.spend) | {"figures": result.spend.figures} if result.spend else None,
    }


def counts_of(result: TrainingResult) -> dict[str, Any]:
    """Return what the run's record stores about a training."""
    return {key: value for key, value in asdict(result).items() if key != "roc_curve"}
