"""Rebuild the laptop's warehouse from bronze, when a table lacks a column."""

import argparse
import os
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

from google.api_core.exceptions import GoogleAPICallError
from google.cloud.dataform_v1 import CompilationResult, DataformClient, InvocationConfig, WorkflowInvocation

from components.run_dataform.configuration import configuration
from components.shared.clients import dataform_client
from components.shared.names import BUCKET, DATASETS, LOCATION, REPOSITORY, WORKSPACE
from infra.deploy.errors import DeployError
from infra.migration import MigrationError
from laptop.cloud import CloudError, require_cloud
from laptop.provision import make_ready
from laptop.state import BatchState

EXAMPLES = """example:
  make rebuild                              in the cloud of make run
  make rebuild STATE=.localcloud/sales-shop"""
POLL_SECONDS = 1.0
RUNNING = WorkflowInvocation.State.RUNNING


def rebuild(project: str, as_of: date, sources: str, zone: str) -> list[str]:
    """Build every table of the sources anew, as of a day, with the days of a zone; return what failed."""
    make_ready(project)
    client = dataform_client()
    repository = f"projects/{project}/locations/{LOCATION}/repositories/{REPOSITORY}"
    compiled = CompilationResult(
        workspace=f"{repository}/workspaces/{WORKSPACE}",
        code_compilation_config=configuration(
            project,
            LOCATION,
            BUCKET,
            DATASETS,
            sources,
            as_of.isoformat(),
            **({"business_time_zone": zone} if zone else {}),
        ),
    )
    result = client.create_compilation_result(parent=repository, compilation_result=compiled)
    wanted = WorkflowInvocation(
        compilation_result=result.name,
        invocation_config=InvocationConfig(fully_refresh_incremental_tables_enabled=True),
    )
    name = client.create_workflow_invocation(parent=repository, workflow_invocation=wanted).name
    print(f"building the warehouse anew as of {as_of}: it takes about as long as the first run", flush=True)
    return _failures(client, name)


def _failures(client: DataformClient, name: str) -> list[str]:
    while client.get_workflow_invocation(name=name).state == RUNNING:
        time.sleep(POLL_SECONDS)
    actions = client.query_workflow_invocation_actions(request={"name": name})
    return [f"{action.target.name}: {action.failure_reason}" for action in actions if action.failure_reason]


def main(arguments: list[str] | None = None) -> int:
    """Rebuild in the laptop's cloud that the environment names; return 1 with a line for what went wrong."""
    parser = argparse.ArgumentParser(
        "python -m laptop.rebuild",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--state-dir", type=Path, required=True, help="the folder of the cloud's state")
    state = BatchState.load(parser.parse_args(arguments).state_dir)
    as_of = state.last_run() or datetime.now(UTC).date()
    try:
        require_cloud("GOOGLE_CLOUD_PROJECT")
        failures = rebuild(os.environ["GOOGLE_CLOUD_PROJECT"], as_of, state.sources, state.time_zone)
    except (CloudError, DeployError, GoogleAPICallError, MigrationError) as error:
        failures = [str(error)]
    for line in failures:
        print(f"error: {line}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
