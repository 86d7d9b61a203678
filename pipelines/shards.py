"""The parallel tasks of the batch, for when one machine is too small: one sub-pipeline per loop.

Sources disagree on whether Vertex AI runs a loop inside an exit handler (kubeflow/pipelines #9386: not over a
list that is defined in the pipeline; #12390: open). Google's own pipelines have such a loop, in its own graph
and over the output of a task beside it (bqml_arima_train of google-cloud-pipeline-components). The loops here
take that form, which `make smoke` tests. A run of one shard is submitted without them (pipelines/sizes.py).

Shards leave their results in the bucket, since a collected output may have at most a hundred parts (kubeflow
#7513).
"""

from google_cloud_pipeline_components.types.artifact_types import BQTable
from kfp import dsl
from kfp.dsl import Input, Model

from components.export_sales.component import export_shard, plan_export
from components.shared.shards import number_shards
from components.write_predictions.component import score_shard
from pipelines.tasks import configure


@dsl.pipeline(name="export-in-shards")
def export_in_shards(
    project: str,
    location: str,
    bucket: str,
    database: str,
    collection: str,
    sales_mapping: str,
    export_mode: str,
    changed_field: str,
    full_pass_days: int,
    changelog_table: str,
    as_of: str,
    max_reject_share: float,
    run_id: str,
    max_query_gib: int,
    max_run_cost: float,
    export_shards: int,
    documents_a_shard: int,
) -> None:
    planned = plan_export(
        project=project,
        location=location,
        bucket=bucket,
        database=database,
        collection=collection,
        sales_mapping=sales_mapping,
        export_mode=export_mode,
        changed_field=changed_field,
        full_pass_days=full_pass_days,
        changelog_table=changelog_table,
        as_of=as_of,
        max_reject_share=max_reject_share,
        run_id=run_id,
        max_query_gib=max_query_gib,
        max_run_cost=max_run_cost,
        most_shards=export_shards,
        documents_a_shard=documents_a_shard,
    )
    configure(planned, "Plan the export", "1", "2G")
    with dsl.ParallelFor(planned.output, name="export-shards") as shard:
        exported = export_shard(
            project=project,
            location=location,
            bucket=bucket,
            database=database,
            collection=collection,
            sales_mapping=sales_mapping,
            export_mode=export_mode,
            changed_field=changed_field,
            full_pass_days=full_pass_days,
            as_of=as_of,
            max_reject_share=max_reject_share,
            run_id=run_id,
            max_query_gib=max_query_gib,
            shard=shard,
        )
        configure(exported, "Export a shard", "2", "4G")


@dsl.pipeline(name="score-in-shards")
def score_in_shards(
    project: str,
    location: str,
    bucket: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    horizon_days: int,
    scoring_shards: int,
    scoring_examples: Input[BQTable],
    model: Input[Model],
) -> None:
    numbered = number_shards(shards=scoring_shards)
    configure(numbered, "Number the shards", "1", "2G")
    with dsl.ParallelFor(numbered.output, name="shards") as shard:
        scored = score_shard(
            project=project,
            location=location,
            bucket=bucket,
            as_of=as_of,
            run_id=run_id,
            max_query_gib=max_query_gib,
            horizon_days=horizon_days,
            shard=shard,
            shards=scoring_shards,
            scoring_examples=scoring_examples,
            model=model,
        )
        configure(scored, "Score a shard", "2", "8G")
