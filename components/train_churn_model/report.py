"""The report and the model card of a training: its evaluation and metrics, each in one standalone file."""

from pathlib import Path

from components.shared.pages import write_page
from components.train_churn_model import charts
from components.train_churn_model.curve_bands import resample_curves
from components.train_churn_model.evaluation import Evaluation
from components.train_churn_model.importance import family_importance
from components.train_churn_model.training import TrainingResult

FOLDER = Path(__file__).parent
FIGURES = {
    "roc_auc": ("ROC AUC", "probability that a churned customer ranks above an active one; 0.5 is random"),
    "pr_auc": ("PR AUC", "mean precision over all thresholds; a random ranking gives the base rate"),
    "log_loss": ("Log loss", "error of the probabilities; lower is better"),
    "brier": ("Brier score", "mean squared error of the probabilities; lower is better"),
    "expected_calibration_error": ("Calibration error", "mean difference between predicted and actual churn"),
    "top_decile_lift": ("Top-decile lift", "churn rate of the riskiest decile, divided by the base rate"),
    "base_rate": ("Base rate", "churn rate of the evaluated customers"),
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
        "Cumulative gain": charts.draw_gain(churned, probability),
        "Distribution of the probabilities": charts.draw_scores(churned, probability),
        "Feature importance": charts.draw_importance(family_importance(evaluation.models)),
    }
    if past:
        pictures["Backtest"] = charts.draw_backtest(
            [str(one.cutoff_date) for one in past],
            [one.predicted for one in past],
            [one.churned for one in past],
        )
    return pictures
