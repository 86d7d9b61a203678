"""write_predictions: score every customer and replace the day's partition of fact_predictions_churn."""

from google_cloud_pipeline_components.types.artifact_types import BQTable
from kfp import dsl
from kfp.dsl import Input, Model, Output

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def write_predictions(
    project: str,
    location: str,
    bucket: str,
    warehouse_dataset: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    scored_at: str,
    horizon_days: int,
    scoring_shards: int,
    scoring_examples: Input[BQTable],
    model: Input[Model],
    predictions: Output[BQTable],
) -> None:
    from components.write_predictions.step import run

    run(
        project=project,
        location=location,
        bucket=bucket,
        warehouse_dataset=warehouse_dataset,
        as_of=as_of,
        run_id=run_id,
        max_query_gib=max_query_gib,
        scored_at=scored_at,
        horizon_days=horizon_days,
        scoring_shards=scoring_shards,
        scoring_examples=scoring_examples,
        model=model,
        predictions=predictions,
    )


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def score_shard(
    project: str,
    location: str,
    bucket: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    horizon_days: int,
    shard: int,
    shards: int,
    scoring_examples: Input[BQTable],
    model: Input[Model],
) -> None:
    from components.write_predictions.step import run_shard

    run_shard(
        project=project,
        location=location,
        bucket=bucket,
        as_of=as_of,
        run_id=run_id,
        max_query_gib=max_query_gib,
        horizon_days=horizon_days,
        shard=shard,
        shards=shards,
        scoring_examples=scoring_examples,
        model=model,
    )
