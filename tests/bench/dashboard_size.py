"""Measure the dashboard of a large shop: the seconds to make it, and its size.

python tests/bench/dashboard_size.py [--sales 10000000] [--customers 500000]
"""

import argparse
import os
import tempfile
import time
from datetime import date
from pathlib import Path

from google.cloud.bigquery import Client
from google.cloud.dataform_v1 import (
    CodeCompilationConfig,
    CompilationResult,
    InvocationConfig,
    WorkflowInvocation,
)

from components.shared.clients import bigquery_client, dataform_client
from components.shared.names import DATASETS
from components.shared.queries import run_query
from dashboard.__main__ import write_dashboard
from infra.deploy.warehouse import make_workspace
from infra.migration import make_tables
from localcloud.supervisor import running

PROJECT = "winter-days-local"
PARENT = f"projects/{PROJECT}/locations/us-central1"
AS_OF = date(2026, 3, 2)
SHOP = Path(__file__).with_suffix(".sql")


def fill(client: Client, sales: int, customers: int) -> None:
    """Create and fill the tables that the views read."""
    for name in DATASETS.values():
        client.create_dataset(name)
    make_tables(client, PROJECT, DATASETS)
    parameters = {"as_of": AS_OF, "sales": sales, "customers": customers}
    for statement in SHOP.read_text(encoding="utf-8").split(";\n"):
        used = {name: value for name, value in parameters.items() if f"@{name}" in statement}
        run_query(client, statement, used)


def make_views() -> None:
    """Have Dataform create the views, as a run does."""
    client = dataform_client()
    workspace = make_workspace(client, PARENT, "bench", "bench")
    repository = workspace.rpartition("/workspaces/")[0]
    compiled = client.create_compilation_result(
        parent=repository,
        compilation_result=CompilationResult(
            workspace=workspace,
            code_compilation_config=CodeCompilationConfig(vars={"as_of": str(AS_OF), "bucket": "none"}),
        ),
    )
    invocation = client.create_workflow_invocation(
        parent=repository,
        workflow_invocation=WorkflowInvocation(
            compilation_result=compiled.name, invocation_config=InvocationConfig(included_tags=["bi"])
        ),
    )
    while (found := client.get_workflow_invocation(name=invocation.name)).state == found.State.RUNNING:
        time.sleep(0.2)
    if found.state != found.State.SUCCEEDED:
        raise RuntimeError(f"the views were not made: {found.state.name}")


def main() -> None:
    """Measure in a separate local cloud."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sales", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=500_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        services = ("bigquery", "storage", "dataform")
        with running(Path(folder), services=services, report=lambda _: None) as endpoints:
            os.environ.update(endpoints.environment())
            with bigquery_client(PROJECT) as client:
                fill(client, options.sales, options.customers)
            make_views()
            path = Path(folder) / "dashboard.html"
            started = time.monotonic()
            write_dashboard(PROJECT, DATASETS["bi"], path)
            seconds = time.monotonic() - started
            size = path.stat().st_size / 1e6
            print(f"dashboard of {options.sales:,} sales: {seconds:.1f} s, {size:.2f} MB")


if __name__ == "__main__":
    main()
