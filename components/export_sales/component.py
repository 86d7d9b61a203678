"""export_sales: what changed among the sales since the last export → Parquet in the bronze bucket."""

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
    as_of: str,
    run_id: str,
    max_query_gib: int,
    max_run_cost: float,
    max_reject_share: float,
    sales: Output[Dataset],
) -> None:
    from components.export_sales.step import run

    run(
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
        run_id=run_id,
        max_query_gib=max_query_gib,
        max_run_cost=max_run_cost,
        max_reject_share=max_reject_share,
        sales=sales,
    )
