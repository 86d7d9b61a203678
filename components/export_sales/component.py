"""export_sales: what changed among the sales since the last export → Parquet in the bronze bucket.

Where one task is too small, plan_export and export_shard run before it (shards.py).
"""

from kfp import dsl
from kfp.dsl import Dataset, Output

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def export_sales(
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
    export_shards: int,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    max_run_cost: float,
    max_reject_share: float,
    sales: Output[Dataset],
) -> None:
    from components.export_sales.request import ExportRequest
    from components.export_sales.step import run

    request = ExportRequest(
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
    )
    run(
        request,
        run_id=run_id,
        max_query_gib=max_query_gib,
        max_run_cost=max_run_cost,
        export_shards=export_shards,
        sales=sales,
    )


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def plan_export(
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
    most_shards: int,
    documents_a_shard: int,
) -> list[int]:
    from components.export_sales.request import ExportRequest
    from components.export_sales.step import run_plan

    request = ExportRequest(
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
    )
    return run_plan(
        request,
        run_id=run_id,
        max_query_gib=max_query_gib,
        max_run_cost=max_run_cost,
        most_shards=most_shards,
        documents_a_shard=documents_a_shard,
    )


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def export_shard(
    project: str,
    location: str,
    bucket: str,
    database: str,
    collection: str,
    sales_mapping: str,
    export_mode: str,
    changed_field: str,
    full_pass_days: int,
    as_of: str,
    max_reject_share: float,
    run_id: str,
    max_query_gib: int,
    shard: int,
) -> None:
    from components.export_sales.request import ExportRequest
    from components.export_sales.step import run_shard

    request = ExportRequest(
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
    )
    run_shard(
        request,
        run_id=run_id,
        max_query_gib=max_query_gib,
        shard=shard,
    )
