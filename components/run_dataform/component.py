"""run_dataform: compile the workspace, run bronze → silver → gold in BigQuery, wait for the end."""

from google_cloud_pipeline_components.types.artifact_types import BQTable
from kfp import dsl
from kfp.dsl import Dataset, Input, Output

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def run_dataform(
    project: str,
    bucket: str,
    location: str,
    repository: str,
    workspace: str,
    service_account: str,
    staging_dataset: str,
    warehouse_dataset: str,
    bi_dataset: str,
    assertions_dataset: str,
    keys_dataset: str,
    contacts_dataset: str,
    business_time_zone: str,
    sources: str,
    as_of: str,
    run_id: str,
    max_query_gib: int,
    max_reject_share: float,
    timeout_seconds: int,
    longest_poll_seconds: float,
    sales: Input[Dataset],
    fct_sales: Output[BQTable],
) -> None:
    from components.run_dataform.step import run

    run(
        project=project,
        bucket=bucket,
        location=location,
        repository=repository,
        workspace=workspace,
        service_account=service_account,
        datasets={
            "staging": staging_dataset,
            "warehouse": warehouse_dataset,
            "bi": bi_dataset,
            "assertions": assertions_dataset,
            "keys": keys_dataset,
            "contacts": contacts_dataset,
        },
        business_time_zone=business_time_zone,
        sources=sources,
        as_of=as_of,
        run_id=run_id,
        max_query_gib=max_query_gib,
        max_reject_share=max_reject_share,
        timeout_seconds=timeout_seconds,
        longest_poll_seconds=longest_poll_seconds,
        sales=sales,
        fct_sales=fct_sales,
    )
