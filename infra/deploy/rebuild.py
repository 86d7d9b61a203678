"""Start rebuilding the whole warehouse from the bronze files."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from google.cloud.dataform_v1 import (
    CodeCompilationConfig,
    CompilationResult,
    DataformClient,
    InvocationConfig,
    WorkflowInvocation,
)

from components.run_dataform.configuration import configuration
from infra.deploy.errors import DeployError
from infra.deploy.outputs import Outputs

CALL_SECONDS = 120


def compilation_settings(outputs: Outputs, as_of: date) -> CodeCompilationConfig:
    """Return the settings with which the workspace is compiled for a day."""
    place = (outputs.project, outputs.location, outputs.bucket, outputs.datasets, outputs.sources)
    return configuration(*place, as_of.isoformat(), business_time_zone=outputs.time_zone)


def compile_workspace(client: DataformClient, outputs: Outputs, as_of: date) -> str:
    """Compile the workspace and return the compilation's name; raise DeployError if it has errors."""
    workspace = f"{outputs.dataform_repository}/workspaces/{outputs.dataform_workspace}"
    result = client.create_compilation_result(
        parent=outputs.dataform_repository,
        compilation_result=CompilationResult(
            workspace=workspace, code_compilation_config=compilation_settings(outputs, as_of)
        ),
        timeout=CALL_SECONDS,
    )
    if result.compilation_errors:
        raise DeployError("; ".join(f"{error.path}: {error.message}" for error in result.compilation_errors))
    return str(result.name)


def compile_as_of_today(client: DataformClient, outputs: Outputs) -> str:
    """Compile the workspace for a rebuild, as compile_workspace does."""
    return compile_workspace(client, outputs, datetime.now(ZoneInfo(outputs.time_zone)).date())


def start_rebuild(client: DataformClient, outputs: Outputs, compilation: str) -> str:
    """Start an invocation that rebuilds every table of a compilation from scratch, and return its name."""
    config = InvocationConfig(
        service_account=outputs.dataform_service_account, fully_refresh_incremental_tables_enabled=True
    )
    wanted = WorkflowInvocation(compilation_result=compilation, invocation_config=config)
    invocation = client.create_workflow_invocation(
        parent=outputs.dataform_repository, workflow_invocation=wanted, timeout=CALL_SECONDS
    )
    return str(invocation.name)
