"""A page and a model card that say how the model was judged and how it did; they need nothing beside them."""

from pathlib import Path

from components.shared.pages import write_page
from components.train_churn_model import charts
from components.train_churn_model.curve_bands import resample_curves
from components.train_churn_model.evaluation import Evaluation
from components.train_churn_model.importance import family_importance
from components.train_churn_model.training import TrainingResult

FOLDER = Path(__file__).parent
FIGURES = {
    "roc_auc": ("ROC AUC", "chance that a customer who churned was given the higher risk; 0.5 is guessing"),
    "pr_auc": ("PR AUC", "mean precision over all thresholds; guessing gives the base rate"),
    "log_loss": ("Log loss", "error of the probabilities; lower is better"),
    "brier": ("Brier score", "mean squared error of the probabilities; lower is better"),
    "expected_calibration_error": ("Calibration error", "mean distance of predicted from actual churn"),
    "top_decile_lift": ("Lift of the riskiest tenth", "its churn rate over that of all"),
    "base_rate": ("Base rate", "share of the customers judged who churned"),
}


def write_report(
    path: Path, result: TrainingResult, evaluation: Evaluation, as_of: str, horizon_days: int
) -> None:
    """Write the HTML report of a training."""
    write_page(
        path,
        FOLDER / "report.html",
        result=result,
        figures=[(*FIGURES[name], name, value) for name, value in result.metrics.items()],
        pictures=_pictures(result, evaluation),
        as_of=as_of,
        horizon_days=horizon_days,
        rows_fitted=evaluation.rows_fitted,
        judged_on=evaluation.test.newest_cutoff,
    )


def write_model_card(path: Path, result: TrainingResult, as_of: str, horizon_days: int) -> None:
    """Write the model card, as Markdown."""
    write_page(path, FOLDER / "model_card.md", result=result, as_of=as_of, horizon_days=horizon_days)


def _pictures(result: TrainingResult, evaluation: Evaluation) -> dict[str, str]:
    churned, probability = evaluation.test.churned, evaluation.probability
    roc_band, precision_band = resample_curves(churned, probability)
    past = result.backtest
    pictures = {
        "ROC curve": charts.draw_roc(result.roc_curve, roc_band),
        "Precision and recall": charts.draw_precision_recall(churned, probability, precision_band),
        "Calibration": charts.draw_calibration(churned, probability),
        "Lift": charts.draw_lift(churned, probability),
        "Gain": charts.draw_gain(churned, probability),
        "Spread of the probabilities": charts.draw_scores(churned, probability),
        "What the model leans on": charts.draw_importance(family_importance(evaluation.models)),
    }
    if past:
        pictures["Past cut-offs"] = charts.draw_backtest(
            [str(one.cutoff_date) for one in past],
            [one.predicted for one in past],
            [one.churned for one in past],
        )
    return pictures
