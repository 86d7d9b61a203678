"""Whether the challenger serves: it must beat the baselines and the champion, on the same later cut-off."""

from dataclasses import dataclass

from components.train_churn_model.baselines import BASE_RATE
from components.train_churn_model.evaluation import LATER_TIME, Evaluation, predict_newest
from components.train_churn_model.examples import Flags, Floats
from components.train_churn_model.intervals import Figures, interval, resample
from components.train_churn_model.metrics import expected_calibration_error
from components.train_churn_model.model import ChurnModel

MARGIN = 0.0005  # log loss that a change of model must be worth
MOST_AUC_LOST = 0.005
MOST_CALIBRATION_LOST = 0.02
MUST_BEAT = ("RFM logistic regression", BASE_RATE)


@dataclass(frozen=True)
class Decision:
    """Whether the challenger is promoted, and why, in one sentence."""

    promoted: bool
    sentence: str


@dataclass(frozen=True)
class Champion:
    """The model that serves, and its judged twin, which has not seen the outcomes it is judged on."""

    served: ChurnModel
    judged: ChurnModel | None


def decide(evaluation: Evaluation, version: str, champion: Champion | None) -> Decision:
    """Compare the challenger's judged twin with the baselines and the champion's, customer by customer."""
    churned, test = evaluation.test.churned, evaluation.test
    rivals = dict(evaluation.baselines)
    if champion is not None and champion.served.version == version:
        return Decision(True, f"{version} is the champion already: it was trained on the same examples.")
    if champion is not None and champion.judged is not None:
        rivals["champion"] = predict_newest(champion.judged, test)
    replicates = resample(churned, {"challenger": evaluation.probability, **rivals})
    if lost := _lost_to_baselines(replicates):
        return Decision(False, f"{version} is not promoted: {lost}.")
    if champion is None:
        return Decision(True, f"{version} is promoted: there is no champion, and it beats the baselines.")
    if champion.judged is None or evaluation.protocol != LATER_TIME:
        return Decision(
            False, f"{champion.served.version} stays champion: there is no later time to compare on yet."
        )
    return _against_champion(
        replicates, churned, evaluation.probability, rivals["champion"], version, champion
    )


def _lost_to_baselines(replicates: dict[str, Figures]) -> str:
    """Return which baseline the challenger does not beat, or an empty string.

    Its log loss must lie below those of MUST_BEAT, and must not lie clearly above any other.
    """
    own = replicates["challenger"]["log_loss"]
    for name, figures in replicates.items():
        if name in ("challenger", "champion"):
            continue
        difference = interval(own - figures["log_loss"])
        if difference.value >= 0 if name in MUST_BEAT else difference.low > 0:
            return f"its log loss is {difference} above that of the baseline {name}"
    return ""


def _against_champion(
    replicates: dict[str, Figures],
    churned: Flags,
    probability: Floats,
    champion_probability: Floats,
    version: str,
    champion: Champion,
) -> Decision:
    own, other = replicates["challenger"], replicates["champion"]
    loss = interval(own["log_loss"] - other["log_loss"])
    auc = interval(own["roc_auc"] - other["roc_auc"])
    calibration = expected_calibration_error(churned, probability) - expected_calibration_error(
        churned, champion_probability
    )
    better = loss.high < 0 and loss.value <= -MARGIN
    held = auc.low > -MOST_AUC_LOST and calibration <= MOST_CALIBRATION_LOST
    figures = (
        f"log loss {loss} against it, ROC AUC {auc}, calibration error {calibration:+.4f}, "
        f"on the same {len(churned):,} customers"
    )
    if better and held:
        return Decision(True, f"{version} replaces {champion.served.version}: {figures}.")
    return Decision(False, f"{champion.served.version} stays champion over {version}: {figures}.")
