"""Which model serves: the better of two on the same customers, never one that a baseline beats."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from components.churn_model.examples import Examples
from components.churn_model.model import ChurnModel, Recipe, fit
from components.train_churn_model.backtest import newest
from components.train_churn_model.baselines import PURCHASES
from components.train_churn_model.evaluation import Evaluation, evaluate
from components.train_churn_model.gate import Champion, choose_served, decide

HORIZON = 90
CUTOFFS = [date(2025, 1, 1) + timedelta(days=30 * number) for number in range(6)]


@pytest.fixture(scope="module")
def examples(made_up: Callable[..., Examples]) -> Examples:
    return made_up(1000, CUTOFFS)


@pytest.fixture(scope="module")
def evaluation(examples: Examples) -> Evaluation:
    return evaluate(examples, Recipe.LINEAR, HORIZON)


@pytest.fixture(scope="module")
def misled(examples: Examples) -> ChurnModel:
    """Return a model fitted on labels of which a random half is flipped."""
    lot = np.random.default_rng(0).uniform(size=len(examples.churned)) < 0.5
    return fit(replace(examples, churned=examples.churned ^ lot), Recipe.LINEAR, HORIZON)


def test_the_first_model_that_beats_the_baselines_is_promoted(evaluation: Evaluation) -> None:
    decision = decide(evaluation, "churn-new", None)
    assert decision.promoted
    assert "there is no champion" in decision.sentence


def test_a_better_challenger_replaces_the_champion(evaluation: Evaluation, misled: ChurnModel) -> None:
    decision = decide(evaluation, "churn-new", Champion(misled, misled))
    assert decision.promoted
    assert f"churn-new replaces {misled.version}" in decision.sentence
    assert "on the same 1,000 customers" in decision.sentence


def test_an_equal_challenger_is_not_promoted(evaluation: Evaluation) -> None:
    twin = evaluation.models[0][0]
    decision = decide(evaluation, "churn-new", Champion(twin, twin))
    assert not decision.promoted
    assert f"{twin.version} stays champion over churn-new" in decision.sentence


def test_a_worse_challenger_is_not_promoted(evaluation: Evaluation, misled: ChurnModel) -> None:
    worse = replace(evaluation, probability=misled.predict(evaluation.test.features, CUTOFFS[-1]))
    worse = replace(worse, baselines={})
    twin = evaluation.models[0][0]
    assert not decide(worse, "churn-new", Champion(twin, twin)).promoted


def test_a_challenger_that_a_baseline_beats_is_never_promoted(
    evaluation: Evaluation, misled: ChurnModel
) -> None:
    lost = replace(evaluation, probability=np.full(len(evaluation.test.churned), 0.999))
    for champion in (None, Champion(misled, misled)):
        decision = decide(lost, "churn-new", champion)
        assert not decision.promoted
        assert "is not promoted: its log loss is" in decision.sentence


def test_a_better_loss_with_worse_calibration_is_not_promoted(
    evaluation: Evaluation, examples: Examples
) -> None:
    """The champion is calibrated but knows little; the challenger knows all but is badly calibrated."""
    test = examples.newest
    knowing = np.where(test.churned, 0.75, 0.25)
    twin = evaluation.models[0][0]
    decision = decide(
        replace(evaluation, probability=knowing, baselines={}), "churn-new", Champion(twin, twin)
    )
    assert not decision.promoted
    assert "log loss -" in decision.sentence


def test_the_comparison_is_on_the_challengers_cutoff_whatever_the_champion_was_judged_on(
    evaluation: Evaluation, misled: ChurnModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    predict = ChurnModel.predict

    def watched(self: ChurnModel, features: np.ndarray, at: date) -> np.ndarray:
        seen.append((features, at))
        return predict(self, features, at)

    monkeypatch.setattr(ChurnModel, "predict", watched)
    decide(evaluation, "churn-new", Champion(misled, misled))
    [(features, at)] = seen
    assert features is evaluation.test.features
    assert at == CUTOFFS[-1]


def test_the_model_of_a_repeated_run_stays_champion(evaluation: Evaluation) -> None:
    twin = evaluation.models[0][0]
    decision = decide(evaluation, twin.version, Champion(twin, twin))
    assert decision.promoted
    assert "is already the champion" in decision.sentence


def test_without_later_time_the_champion_stays(examples: Examples, misled: ChurnModel) -> None:
    alone = evaluate(examples.newest, Recipe.LINEAR, HORIZON)
    decision = decide(alone, "churn-new", Champion(misled, misled))
    assert not decision.promoted
    assert "no later data to compare on" in decision.sentence
    assert not decide(alone, "churn-new", Champion(misled, None)).promoted


def test_who_serves_when_nobody_is_promoted(evaluation: Evaluation, misled: ChurnModel) -> None:
    """A champion stays; without one, the challenger or its MBG/NBD alone, whichever is judged better."""
    challenger = evaluation.models[0][0]
    lost = replace(evaluation, probability=np.full(len(evaluation.test.churned), 0.999))
    decision = decide(lost, challenger.version, None)
    served, sentence = choose_served(lost, decision, challenger, None)
    assert served.recipe is Recipe.FALLBACK
    assert served.version == f"{challenger.version}-fallback"
    assert "its MBG/NBD alone serves: log loss" in sentence
    features = evaluation.test.features
    assert np.array_equal(served.predict(features, CUTOFFS[-1]), evaluation.baselines[PURCHASES])

    worse = replace(lost, baselines=lost.baselines | {PURCHASES: np.full(len(features), 0.9999)})
    everybody, sentence = choose_served(worse, decision, challenger, None)
    assert everybody.version == f"{challenger.version}-base-rate"
    assert "Customers are not ranked: its ROC AUC of 0.5000" in sentence
    assert choose_served(lost, decision, challenger, Champion(misled, misled)) == (misled, "")
    promoted = decide(evaluation, challenger.version, None)
    assert choose_served(evaluation, promoted, challenger, None) == (challenger, "")


def test_a_model_that_ranks_worse_than_a_baseline_is_not_promoted(evaluation: Evaluation) -> None:
    """The log loss is far better, but the ranking of the customers is worse."""
    knowing = np.where(evaluation.test.churned, 0.8, 0.2)
    order = np.arange(len(knowing)) % 7 < 1
    blurred = np.where(order, 1 - knowing, knowing)
    sharp = np.where(evaluation.test.churned, 0.52, 0.48)
    judged = replace(evaluation, probability=blurred, baselines={"sharp": sharp})
    decision = decide(judged, "churn-new", None)
    assert not decision.promoted
    assert re.search(r"its ROC AUC is 0\.\d+ .* below that of the baseline sharp", decision.sentence)


def test_a_model_that_loses_on_the_mean_of_several_dates_is_not_promoted(
    evaluation: Evaluation, examples: Examples
) -> None:
    now = newest(evaluation)
    rfm = "RFM logistic regression"
    lucky = now.log_loss - now.baselines[rfm]["log_loss"]
    figures = now.baselines | {rfm: now.baselines[rfm] | {"log_loss": now.log_loss + 2 * lucky}}
    bad = replace(now, baselines=figures)
    assert decide(evaluation, "churn-new", None, [now, now]).promoted
    decision = decide(evaluation, "churn-new", None, [bad, bad])
    assert not decision.promoted
    assert "over 3 dates its log loss is" in decision.sentence
    assert decide(evaluation, "churn-new", None, [bad]).promoted  # two dates tell too little


def test_a_model_no_better_than_the_base_rate_yields_to_it(evaluation: Evaluation) -> None:
    """The model ranks by the truth but is overconfident: the base rate has the lower log loss."""
    test = evaluation.test
    loud = np.where(np.arange(len(test.churned)) % 3 < 2, test.churned, ~test.churned)
    judged = replace(evaluation, probability=np.where(loud, 0.9999, 0.0001))
    judged = replace(judged, baselines=judged.baselines | {PURCHASES: judged.probability})
    challenger = evaluation.models[0][0]
    served, sentence = choose_served(judged, decide(judged, "churn-new", None), challenger, None)
    assert not served.ranks
    assert "its log loss minus the base rate's is" in sentence
    assert np.ptp(served.predict(test.features, CUTOFFS[-1])) == 0.0
