"""record_run: the exit task, which always records how the run ended."""

from kfp import dsl
from kfp.dsl import Metrics, Output, PipelineTaskFinalStatus

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def record_run(
    project: str,
    location: str,
    bucket: str,
    repository: str,
    warehouse_dataset: str,
    as_of: str,
    run_id: str,
    job: str,
    max_query_gib: int,
    max_run_cost: float,
    scored_at: str,
    status: PipelineTaskFinalStatus,
    receipt: Output[Metrics],
) -> None:
    from components.record_run.step import run

    run(
        project=project,
        location=location,
        bucket=bucket,
        repository=repository,
        warehouse_dataset=warehouse_dataset,
        as_of=as_of,
        run_id=run_id,
        job=job,
        max_query_gib=max_query_gib,
        max_run_cost=max_run_cost,
        scored_at=scored_at,
        state=status.state,
        error=status.error_message,
        shown=receipt,
    )
