"""A page that says how the model was judged and how it did; it needs nothing beside itself."""

from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components.train_churn_model import charts
from components.train_churn_model.evaluation import Evaluation
from components.train_churn_model.importance import family_importance
from components.train_churn_model.metrics import RocCurve

FIGURES = {
    "roc_auc": ("ROC AUC", "chance that a customer who churned was given the higher risk; 0.5 is guessing"),
    "recency_roc_auc": ("ROC AUC of recency alone", "what sorting by days since the last purchase would do"),
    "pr_auc": ("PR AUC", "mean precision over all thresholds; guessing gives the base rate"),
    "log_loss": ("Log loss", "error of the probabilities; lower is better"),
    "base_rate_log_loss": (
        "Log loss of the base rate",
        "what giving everybody the known churn rate would do",
    ),
    "brier": ("Brier score", "mean squared error of the probabilities; lower is better"),
    "expected_calibration_error": ("Calibration error", "mean distance of predicted from actual churn"),
    "top_decile_lift": ("Lift of the riskiest tenth", "its churn rate over that of all"),
    "base_rate": ("Base rate", "share of the customers judged who churned"),
}


def write_report(
    path: Path, result: dict[str, Any], evaluation: Evaluation, as_of: str, horizon_days: int
) -> None:
    """Write the HTML report of a training."""
    churned, probability = evaluation.test.churned, evaluation.probability
    figures = [(*FIGURES[name], value) for name, value in result["metrics"].items()]
    pictures = {
        "ROC curve": charts.draw_roc(RocCurve(**result["roc_curve"])),
        "Calibration": charts.draw_calibration(churned, probability),
        "Lift": charts.draw_lift(churned, probability),
        "Spread of the probabilities": charts.draw_scores(churned, probability),
        "What the model leans on": charts.draw_importance(family_importance(evaluation.models)),
    }
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("report.html").render(
        result=result,
        figures=figures,
        pictures=pictures,
        as_of=as_of,
        horizon_days=horizon_days,
        rows_fitted=evaluation.rows_fitted,
        judged_on=np.max(evaluation.test.cutoff_dates).item(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
