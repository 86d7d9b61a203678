"""watch_predictions: drift, outcomes of past predictions, and warnings, after predictions are written."""

from google_cloud_pipeline_components.types.artifact_types import BQTable
from kfp import dsl
from kfp.dsl import HTML, Input, Model, Output

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def watch_predictions(
    project: str,
    location: str,
    bucket: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    horizon_days: int,
    one_in: int,
    scoring_examples: Input[BQTable],
    model: Input[Model],
    predictions: Input[BQTable],
    report: Output[HTML],
) -> None:
    from components.watch_predictions.step import run

    run(
        project=project,
        location=location,
        bucket=bucket,
        as_of=as_of,
        run_id=run_id,
        max_query_gib=max_query_gib,
        horizon_days=horizon_days,
        one_in=one_in,
        scoring_examples=scoring_examples,
        model=model,
        predictions=predictions,
        report=report,
    )
