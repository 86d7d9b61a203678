"""Rebuild the local warehouse from bronze, when a table lacks a column."""

import argparse
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic

from google.cloud.dataform_v1 import InvocationConfig
from rich.console import Console

from components.run_dataform.configuration import configuration
from components.shared.clients import storage_client
from components.shared.command_line import end_quietly, print_error
from components.shared.erasures import erasure_under_way
from components.shared.errors import StepError
from components.shared.names import BUCKET, DATASETS, LOCATION
from components.shared.retries import FAILED_CALL
from infra.deploy.errors import DeployError
from infra.migration import MigrationError
from laptop.cloud import CloudError, require_cloud
from laptop.dataform_progress import DataformProgress
from laptop.progress import WAREHOUSE, TaskProgress
from laptop.provision import make_ready
from laptop.state import BatchState, BusyError, lock_folder
from laptop.trigger import Task
from laptop.warehouse import build, repository_of

EXAMPLES = """example:
  make rebuild                              the warehouse of make run
  make rebuild STATE=.localcloud/sales-shop"""


def rebuild(project: str, as_of: date, sources: str, zone: str) -> list[str]:
    """Rebuild every table of the sources, as of a day, with days in a time zone; return what failed.

    Shows the tables' progress as a run does. Raises StepError while an erasure is under way.
    """
    make_ready(project)
    if why := erasure_under_way(storage_client(project).bucket(BUCKET)):
        raise StepError(why)  # the rebuild may have read what is removed meanwhile, and would restore it
    print(f"rebuilding the warehouse as of {as_of}: it takes about as long as the first run", flush=True)
    days = {"business_time_zone": zone} if zone else {}
    settings = configuration(project, LOCATION, BUCKET, DATASETS, sources, as_of.isoformat(), **days)
    everything = InvocationConfig(fully_refresh_incremental_tables_enabled=True)
    console = Console(markup=False, emoji=False, highlight=False, soft_wrap=True)
    progress = TaskProgress(console, DataformProgress(repository_of(project)).progress)
    started = monotonic()

    def show(state: str = "RUNNING") -> None:
        progress.show([Task(WAREHOUSE, state, monotonic() - started)])

    with progress.show_live():
        failures = build(project, settings, everything, show)
        show("FAILED" if failures else "SUCCEEDED")
    return failures


def main(arguments: list[str] | None = None) -> int:
    """Rebuild in the local cloud that the environment names; return 1 with a one-line message on failure."""
    parser = argparse.ArgumentParser(
        "python -m laptop.rebuild",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--state-dir", type=Path, required=True, help="the state folder")
    folder = parser.parse_args(arguments).state_dir
    try:
        require_cloud("GOOGLE_CLOUD_PROJECT")
        lock_folder(folder)
        state = BatchState.load(folder)
        as_of = state.last_run() or datetime.now(UTC).date()
        failures = rebuild(os.environ["GOOGLE_CLOUD_PROJECT"], as_of, state.sources, state.time_zone)
    except (BusyError, CloudError, DeployError, MigrationError, StepError, *FAILED_CALL) as error:
        failures = [str(error)]
    for line in failures:
        print_error(line)
    if not failures:
        print(f"the warehouse is rebuilt as of {as_of}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(end_quietly(main))
