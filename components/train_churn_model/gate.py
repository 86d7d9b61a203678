"""Whether the challenger serves: it must beat the baselines and the champion on the same later cut-off.

A model that is no better than chance does not rank customers: then the base rate serves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.churn_model.examples import Floats
from components.churn_model.model import ChurnModel
from components.churn_model.spend_model import SpendModel
from components.train_churn_model.backtest import PastCutoff, newest, spread_of
from components.train_churn_model.baselines import BASE_RATE, PURCHASES
from components.train_churn_model.evaluation import LATER_TIME, Evaluation, predict_newest
from components.train_churn_model.intervals import Figures, interval, resample
from components.train_churn_model.metrics import expected_calibration_error, judge

MARGIN = 0.0005  # log loss that a change of model must be worth
MOST_AUC_LOST = 0.005
MOST_CALIBRATION_LOST = 0.02
CHALLENGER, CHAMPION = "challenger", "champion"
MUST_BEAT = ("RFM logistic regression", BASE_RATE)
SEVERAL_DATES = 3  # from this many on, the mean over dates counts too


@dataclass(frozen=True)
class Decision:
    """Whether the challenger is promoted, why, in one sentence, and everyone's resampled figures."""

    promoted: bool
    sentence: str
    replicates: dict[str, Figures]


@dataclass(frozen=True)
class Champion:
    """The model that serves, and its judged twin, which has not seen the outcomes it is judged on.

    spend_model and judged_spend_model are the same for its spend model, if it has one.
    """

    served: ChurnModel
    judged: ChurnModel | None
    spend_model: SpendModel | None = None
    judged_spend_model: SpendModel | None = None


def decide(
    evaluation: Evaluation, version: str, champion: Champion | None, past: Sequence[PastCutoff] = ()
) -> Decision:
    """Compare the challenger's judged twin with the baselines and the champion's, customer by customer.

    past are earlier dates at which the recipe was judged against the baselines.
    """
    rivals = dict(evaluation.baselines)
    if champion is not None and champion.judged is not None:
        rivals[CHAMPION] = predict_newest(evaluation.as_of_newest(champion.judged), evaluation.test)
    replicates = resample(evaluation.test.churned, {CHALLENGER: evaluation.probability, **rivals})
    lost = _lost_to_baselines(replicates) or _lost_over_dates([*past, newest(evaluation)])
    promoted, sentence = _judgement(evaluation, replicates, rivals, version, champion, lost)
    return Decision(promoted, sentence, replicates)


def choose_served(
    evaluation: Evaluation, decision: Decision, challenger: ChurnModel, champion: Champion | None
) -> tuple[ChurnModel, str]:
    """Return the model that serves, and a sentence about it unless it is the promoted one or the champion.

    Without a champion, if the challenger lost to a baseline, it or its MBG/NBD alone serves, whichever has
    the lower log loss on the judged customers, so that there are predictions. If the chosen model is no
    better than chance or than the base rate, the base rate serves, and customers are not ranked.
    """
    chosen, name, sentence = _best(evaluation, decision, challenger, champion)
    if why := _no_better(decision.replicates, name):
        return challenger.base_rate, (
            f"Customers are not ranked: {why}. Every customer gets the base rate, {challenger.share:.1%}. "
            "More customers, a longer history or another horizon_days may help."
        )
    return chosen, sentence


def _best(
    evaluation: Evaluation, decision: Decision, challenger: ChurnModel, champion: Champion | None
) -> tuple[ChurnModel, str, str]:
    """Return the model that would serve, its name among the resampled figures, and a sentence."""
    if decision.promoted:
        return challenger, CHALLENGER, ""
    if champion is not None:
        return champion.served, CHAMPION, ""
    alone = judge(evaluation.test.churned, evaluation.baselines[PURCHASES])["log_loss"]
    own = judge(evaluation.test.churned, evaluation.probability)["log_loss"]
    if alone < own:
        figures = f"{alone:.4f} against {own:.4f}"
        sentence = f"Without a champion, its MBG/NBD alone serves: log loss {figures}."
        return challenger.fallback, PURCHASES, sentence
    return challenger, CHALLENGER, "It still serves, because there is no champion."


def _no_better(replicates: Mapping[str, Figures], name: str) -> str:
    """Return why a model may be no better than chance or the base rate; empty if it is better, or unknown."""
    if name not in replicates or BASE_RATE not in replicates:
        return ""
    auc = interval(replicates[name]["roc_auc"])
    if auc.low <= 0.5:
        return f"its ROC AUC of {auc} may be chance"
    loss = interval(replicates[name]["log_loss"] - replicates[BASE_RATE]["log_loss"])
    return f"its log loss minus the base rate's is {loss}" if loss.high >= 0 else ""


def served_probability(
    evaluation: Evaluation, served: ChurnModel, challenger: ChurnModel, champion: Champion | None
) -> Floats | None:
    """Return the serving model's predictions for the judged customers; None for a champion without a twin."""
    if not served.ranks:
        return evaluation.baselines[BASE_RATE]
    if served is challenger:
        return evaluation.probability
    if champion is None or served is not champion.served:
        return evaluation.baselines[PURCHASES]
    judged = champion.judged and evaluation.as_of_newest(champion.judged)
    return predict_newest(judged, evaluation.test) if judged else None


def _judgement(
    evaluation: Evaluation,
    replicates: dict[str, Figures],
    rivals: dict[str, Floats],
    version: str,
    champion: Champion | None,
    lost: str,
) -> tuple[bool, str]:
    if champion is not None and champion.served.version == version:
        return True, f"{version} is already the champion: it was trained on the same examples."
    if lost:
        return False, f"{version} is not promoted: {lost}."
    if champion is None:
        return True, f"{version} is promoted: there is no champion, and it beats the baselines."
    if champion.judged is None or evaluation.protocol != LATER_TIME:
        return False, f"{champion.served.version} stays champion: there is no later data to compare on yet."
    better, figures = _against_champion(replicates, evaluation, rivals[CHAMPION])
    if better:
        return True, f"{version} replaces {champion.served.version}: {figures}."
    return False, f"{champion.served.version} stays champion over {version}: {figures}."


def _lost_to_baselines(replicates: dict[str, Figures]) -> str:
    """Return which baseline the challenger does not beat, or an empty string.

    Its log loss must lie below those of MUST_BEAT, and must not lie clearly above any other; its ROC AUC must
    not lie clearly below any.
    """
    own = replicates[CHALLENGER]
    for name, figures in replicates.items():
        if name in (CHALLENGER, CHAMPION):
            continue
        loss = interval(own["log_loss"] - figures["log_loss"])
        is_worse = loss.value >= 0 if name in MUST_BEAT else loss.low > 0
        if is_worse:
            return f"its log loss is {loss} above that of the baseline {name}"
        auc = interval(figures["roc_auc"] - own["roc_auc"])
        if auc.low > 0:
            return f"its ROC AUC is {auc} below that of the baseline {name}"
    return _no_better(replicates, CHALLENGER)


def _lost_over_dates(dates: Sequence[PastCutoff]) -> str:
    """Return which of MUST_BEAT was as good or better on average over several dates, or an empty string."""
    if len(dates) < SEVERAL_DATES:
        return ""
    spread = spread_of(dates)
    for name in MUST_BEAT:
        over = spread.get(f"log_loss less {name}'s")
        if over and over.mean >= 0:
            return (
                f"over {over.dates} dates its log loss is {over.mean:.4f} above that of the baseline {name}"
            )
    return ""


def _against_champion(
    replicates: dict[str, Figures], evaluation: Evaluation, champion_probability: Floats
) -> tuple[bool, str]:
    """Return whether the challenger is better beyond the margins, and by how much in words."""
    churned = evaluation.test.churned
    own, other = replicates[CHALLENGER], replicates[CHAMPION]
    loss = interval(own["log_loss"] - other["log_loss"])
    auc = interval(own["roc_auc"] - other["roc_auc"])
    own_error, other_error = (
        expected_calibration_error(churned, probability)
        for probability in (evaluation.probability, champion_probability)
    )
    better = loss.high < 0 and loss.value <= -MARGIN
    held = auc.low > -MOST_AUC_LOST and own_error - other_error <= MOST_CALIBRATION_LOST
    figures = (
        f"log loss {loss} against it, ROC AUC {auc}, calibration error {own_error - other_error:+.4f}, "
        f"on the same {len(churned):,} customers"
    )
    return better and held, figures
