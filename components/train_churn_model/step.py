"""Train the churn model on past cut-offs, judge it on outcomes it has not seen, and write a report."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from components.shared.artifacts import Artifact, table_of
from components.shared.clients import bigquery_client
from components.shared.dates import parse_date
from components.shared.errors import StepError
from components.shared.queries import read_arrow, read_sql
from components.shared.run_record import step_record
from components.train_churn_model.evaluation import evaluate, newest
from components.train_churn_model.examples import Examples, collect_examples
from components.train_churn_model.metrics import RocCurve, confusion, judge, roc_points
from components.train_churn_model.model import NAMES, Recipe, choose_recipe, fit
from components.train_churn_model.report import write_report

SQL = Path(__file__).with_name("training_examples.sql")


@dataclass(frozen=True)
class TrainingResult:
    """A trained model: how it was judged, and what the served one, fitted on all cut-offs, came from.

    The confusion matrix has rows actual and columns predicted, each as (stayed, churned).
    """

    model_version: str
    recipe: str
    fallback: bool
    protocol: str
    metrics: dict[str, float]
    roc_curve: RocCurve
    confusion_matrix: list[list[int]]
    rows: int
    rows_judged: int
    cutoff_dates: tuple[date, ...]


def run(
    *,
    project: str,
    bucket: str,
    run_id: str,
    training_examples: Artifact,
    model: Artifact,
    metrics: Any,
    classification: Any,
    report: Artifact,
    **settings: Any,
) -> None:
    """Train as the pipeline's step, and fill its model, metrics, curve and report artifacts."""
    with step_record(project, bucket, run_id, "train_churn_model") as counts:
        result = train_churn_model(
            project=project,
            features_dataset=table_of(training_examples).dataset,
            model_path=model.path,
            report_path=report.path,
            **settings,
        )
        counts.update({key: value for key, value in asdict(result).items() if key != "roc_curve"})
        counts["report"] = report.path
        model.metadata.update(
            framework="scikit-learn", version=result.model_version, recipe=result.recipe, **result.metrics
        )
        for name, value in result.metrics.items():
            metrics.log_metric(name, value)
        curve = result.roc_curve
        classification.log_roc_curve(curve.false_positive_rate, curve.true_positive_rate, curve.threshold)
        classification.log_confusion_matrix(["stayed", "churned"], result.confusion_matrix)


def train_churn_model(
    *,
    project: str,
    location: str,
    features_dataset: str,
    as_of: str,
    horizon_days: int,
    model_path: str,
    report_path: str,
) -> TrainingResult:
    """Write the model to serve and an HTML report; return how its recipe did on unseen outcomes.

    Raises StepError when there are no examples, when an outcome had not closed by as_of, or when the
    newest cut-off has fewer than two customers of either class.
    """
    day = parse_date(as_of)
    examples = _read_examples(project, location, features_dataset, day, horizon_days)
    check_closed(examples, day, horizon_days)
    recipe = choose_recipe(newest(examples).rarer)
    evaluation = evaluate(examples, recipe, horizon_days)
    churned, probability = evaluation.test.churned, evaluation.probability
    recency = evaluation.test.features[:, NAMES.index("recency_days")]
    served = fit(examples, recipe, horizon_days)
    served.save(Path(model_path))
    result = TrainingResult(
        model_version=served.version,
        recipe=recipe,
        fallback=recipe is Recipe.FALLBACK,
        protocol=evaluation.protocol,
        metrics=judge(churned, probability, recency, evaluation.base_rate),
        roc_curve=roc_points(churned, probability),
        confusion_matrix=confusion(churned, probability),
        rows=len(examples.churned),
        rows_judged=len(churned),
        cutoff_dates=tuple(np.unique(examples.cutoff_dates).tolist()),
    )
    write_report(Path(report_path), asdict(result), evaluation, as_of, horizon_days)
    return result


def check_closed(examples: Examples, as_of: date, horizon_days: int) -> None:
    """Raise StepError when any example's label looks beyond the as-of date."""
    last: date = examples.cutoff_dates.max().item()
    if last + timedelta(days=horizon_days) > as_of:
        raise StepError(
            f"a cut-off is {last}, and {horizon_days} days had not passed by {as_of}: its label is "
            "not known yet; run extract_features again with the same horizon_days"
        )


def _read_examples(
    project: str, location: str, features_dataset: str, as_of: date, horizon_days: int
) -> Examples:
    sql = read_sql(SQL, project=project, features_dataset=features_dataset)
    client = bigquery_client(project, location)
    tables = read_arrow(client, sql, {"as_of": as_of, "horizon_days": horizon_days})
    examples = collect_examples(tables)
    if examples is None:
        raise StepError(
            f"{features_dataset}.churn_training_examples has no row of {as_of} with horizon_days="
            f"{horizon_days}: run extract_features for that date and horizon first"
        )
    return examples
