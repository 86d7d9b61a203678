"""extract_features: point-in-time training and scoring examples, in BigQuery."""

from typing import NamedTuple

from google_cloud_pipeline_components.types.artifact_types import BQTable
from kfp import dsl
from kfp.dsl import Input, Output

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def extract_features(
    project: str,
    location: str,
    bucket: str,
    features_dataset: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    horizon_days: int,
    cutoffs: int,
    training_rows_days: int,
    fct_sales: Input[BQTable],
    training_examples: Output[BQTable],
    scoring_examples: Output[BQTable],
) -> NamedTuple("Outputs", [("horizon_days", int), ("one_in", int)]):  # type: ignore[valid-type]
    from components.extract_features.step import run

    return run(
        project=project,
        location=location,
        bucket=bucket,
        features_dataset=features_dataset,
        as_of=as_of,
        run_id=run_id,
        max_query_gib=max_query_gib,
        horizon_days=horizon_days,
        cutoffs=cutoffs,
        training_rows_days=training_rows_days,
        fct_sales=fct_sales,
        training_examples=training_examples,
        scoring_examples=scoring_examples,
    )
