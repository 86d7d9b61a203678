"""Drive the local Dataform with Apache Airflow's hook, a client that knows nothing of this project.

make airflow-check starts the local cloud and runs this where Airflow's provider for Google is installed.
Only the address is the local one: every call goes through the hook's own methods.
"""

import os
import time
import uuid
from collections import Counter

from airflow.providers.common.compat.sdk import AirflowException
from airflow.providers.google.cloud.hooks.dataform import DataformHook
from google.cloud.dataform_v1beta1 import DataformClient, WorkflowInvocation
from google.cloud.dataform_v1beta1.services.dataform.transports import DataformRestTransport

PLACE = {"project_id": os.environ["GOOGLE_CLOUD_PROJECT"], "region": "us-central1"}
FILES = {
    "workflow_settings.yaml": "defaultProject: {project_id}\ndefaultLocation: {region}\n"
    "defaultDataset: {repository}\n",
    "definitions/one.sqlx": 'config {{ type: "table", tags: ["quick"] }}\nSELECT 1 AS n',
    "definitions/two.sqlx": 'config {{ type: "table", tags: ["quick"] }}\nSELECT * FROM ${{ref("one")}}',
    "definitions/endless.sqlx": 'config {{ type: "table" }}\nSELECT COUNT(*) AS n FROM '
    "UNNEST(GENERATE_ARRAY(1, 200000)) AS a, UNNEST(GENERATE_ARRAY(1, 200000)) AS b",
}
State = WorkflowInvocation.State


class LocalHook(DataformHook):
    """The hook with a client of the local Dataform."""

    def get_dataform_client(self) -> DataformClient:
        """Return the client that the hook would make, at the local address."""
        host = os.environ["DATAFORM_EMULATOR_HOST"]
        return DataformClient(
            transport=DataformRestTransport(host=host, url_scheme="http", credentials=self.get_credentials())
        )


def make_project(hook: LocalHook) -> str:
    """Create a repository with a workspace of files; return the repository's id."""
    repository = f"airflow_{uuid.uuid4().hex[:8]}"
    hook.create_repository(**PLACE, repository_id=repository)
    hook.create_workspace(**PLACE, repository_id=repository, workspace_id="work")
    for path, text in FILES.items():
        contents = text.format(**PLACE, repository=repository).encode()
        hook.write_file(
            **PLACE, repository_id=repository, workspace_id="work", filepath=path, contents=contents
        )
    return repository


def compile_workspace(hook: LocalHook, repository: str) -> str:
    """Compile the workspace, expecting no errors, and return the compilation result's name."""
    name = f"projects/{PLACE['project_id']}/locations/{PLACE['region']}/repositories/{repository}"
    created = hook.create_compilation_result(
        **PLACE, repository_id=repository, compilation_result={"workspace": f"{name}/workspaces/work"}
    )
    found = hook.get_compilation_result(
        **PLACE, repository_id=repository, compilation_result_id=created.name.rsplit("/", 1)[1]
    )
    assert not found.compilation_errors, found.compilation_errors
    return str(found.name)


def invoke(hook: LocalHook, repository: str, compilation: str, **config: object) -> dict[str, str]:
    """Start an invocation and return the arguments that identify it."""
    account = {"service_account": "airflow@example.iam.gserviceaccount.com"}
    wanted = {"compilation_result": compilation, "invocation_config": config | account}
    created = hook.create_workflow_invocation(**PLACE, repository_id=repository, workflow_invocation=wanted)
    return {
        **PLACE,
        "repository_id": repository,
        "workflow_invocation_id": created.name.rsplit("/", 1)[1],
    }


def states(hook: LocalHook, named: dict[str, str]) -> dict[str, int]:
    """Return how many of an invocation's actions are in each state."""
    return dict(Counter(action.state.name for action in hook.query_workflow_invocation_actions(**named)))


def state(hook: LocalHook, named: dict[str, str]) -> State:
    """Return an invocation's state."""
    return State(hook.get_workflow_invocation(**named).state)


def main() -> None:
    """Compile, run one tag to its end, cancel a full run and clean up; raise AssertionError on a surprise."""
    hook = LocalHook()
    repository = make_project(hook)
    compilation = compile_workspace(hook, repository)

    quick = invoke(hook, repository, compilation, included_tags=["quick"])
    hook.wait_for_workflow_invocation(**quick, wait_time=1, timeout=120)
    assert (state(hook, quick), states(hook, quick)) == (State.SUCCEEDED, {"SUCCEEDED": 2}), "the run by tag"
    print("compiled, ran two actions by their tag, waited and queried them")

    endless = invoke(hook, repository, compilation)
    assert state(hook, endless) == State.RUNNING, "an endless run runs"
    hook.cancel_workflow_invocation(**endless)
    try:
        hook.wait_for_workflow_invocation(**endless, wait_time=1, timeout=120)
    except AirflowException as error:
        assert "was cancelled" in str(error), error
    else:
        raise AssertionError("the cancelled run was not reported as cancelled")
    assert "CANCELLED" in states(hook, endless), states(hook, endless)
    print("cancelled a run, and its actions say so")

    hook.delete_repository(**PLACE, repository_id=repository, force=True)
    print("deleted the repository and everything in it")


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"{time.monotonic() - started:.0f} s")
