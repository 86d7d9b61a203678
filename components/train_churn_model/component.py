"""train_churn_model: scikit-learn on the earlier cut-offs, judged on the last closed one."""

from google_cloud_pipeline_components.types.artifact_types import BQTable
from kfp import dsl
from kfp.dsl import HTML, ClassificationMetrics, Input, Markdown, Metrics, Model, Output

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def train_churn_model(
    project: str,
    location: str,
    bucket: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    horizon_days: int,
    training_examples: Input[BQTable],
    scoring_examples: Input[BQTable],
    model: Output[Model],
    metrics: Output[Metrics],
    classification: Output[ClassificationMetrics],
    report: Output[HTML],
    model_card: Output[Markdown],
) -> None:
    from components.train_churn_model.step import run

    run(
        project=project,
        location=location,
        bucket=bucket,
        as_of=as_of,
        run_id=run_id,
        max_query_gib=max_query_gib,
        horizon_days=horizon_days,
        training_examples=training_examples,
        scoring_examples=scoring_examples,
        model=model,
        metrics=metrics,
        classification=classification,
        report=report,
        model_card=model_card,
    )
