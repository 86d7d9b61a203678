"""export_sales: Firestore documents changed since the last export → Parquet in the bronze bucket."""

from kfp import dsl
from kfp.dsl import Dataset, Output

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def export_sales(
    project: str,
    bucket: str,
    database: str,
    collection: str,
    as_of: str,
    run_id: str,
    max_reject_share: float,
    sales: Output[Dataset],
) -> None:
    from components.export_sales.step import run

    run(
        project=project,
        bucket=bucket,
        database=database,
        collection=collection,
        as_of=as_of,
        run_id=run_id,
        max_reject_share=max_reject_share,
        sales=sales,
    )
