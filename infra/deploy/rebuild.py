"""Start rebuilding the whole warehouse from the bronze files."""

from datetime import date

from google.cloud.dataform_v1 import (
    CompilationResult,
    DataformClient,
    InvocationConfig,
    WorkflowInvocation,
)

from components.run_dataform.configuration import configuration
from infra.deploy.errors import DeployError
from infra.deploy.outputs import Outputs

CALL_SECONDS = 120


def compile_workspace(client: DataformClient, outputs: Outputs, as_of: date) -> str:
    """Compile the workspace and return the compilation's name; raise DeployError if it has errors."""
    settings = configuration(
        *(
            outputs.project,
            outputs.location,
            outputs.bucket,
            outputs.datasets,
            outputs.sources,
            as_of.isoformat(),
        ),
        business_time_zone=outputs.time_zone,
    )
    workspace = f"{outputs.dataform_repository}/workspaces/{outputs.dataform_workspace}"
    result = client.create_compilation_result(
        parent=outputs.dataform_repository,
        compilation_result=CompilationResult(workspace=workspace, code_compilation_config=settings),
        timeout=CALL_SECONDS,
    )
    if result.compilation_errors:
        raise DeployError("; ".join(f"{error.path}: {error.message}" for error in result.compilation_errors))
    return str(result.name)


def start_rebuild(client: DataformClient, outputs: Outputs, as_of: date) -> str:
    """Start an invocation that rebuilds every table from scratch, as of a day, and return its name."""
    config = InvocationConfig(
        service_account=outputs.dataform_service_account, fully_refresh_incremental_tables_enabled=True
    )
    wanted = WorkflowInvocation(
        compilation_result=compile_workspace(client, outputs, as_of), invocation_config=config
    )
    invocation = client.create_workflow_invocation(
        parent=outputs.dataform_repository, workflow_invocation=wanted, timeout=CALL_SECONDS
    )
    return str(invocation.name)
