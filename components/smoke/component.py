"""check: test one open question about Google Cloud, as the account that runs the steps."""

from kfp import dsl
from kfp.dsl import Artifact, Output

from components.image import IMAGE


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def check(
    question: str,
    project: str,
    location: str,
    bucket: str,
    run_id: str,
    repository: str,
    workspace: str,
    service_account: str,
    keys_dataset: str,
    mounted: Output[Artifact],
) -> None:
    from components.smoke.step import run

    run(
        question=question,
        project=project,
        location=location,
        bucket=bucket,
        run_id=run_id,
        repository=repository,
        workspace=workspace,
        service_account=service_account,
        keys_dataset=keys_dataset,
        mounted=mounted,
    )


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def leave_part(project: str, bucket: str, run_id: str, shard: int) -> None:
    from components.smoke.step import leave_part

    leave_part(project, bucket, run_id, shard)


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def begin_once(project: str, bucket: str, run_id: str) -> None:
    from components.smoke.step import begin_once

    begin_once(project, bucket, run_id)


@dsl.component(base_image=IMAGE, install_kfp_package=False)
def fail_twice(project: str, bucket: str, run_id: str) -> None:
    from components.smoke.step import fail_twice

    fail_twice(project, bucket, run_id)
