"""A day of the batch inside the local cloud, as run by python -m laptop.batch."""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as datetime_time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from components.shared.clients import storage_client
from components.shared.command_line import end_quietly, print_error
from components.shared.dates import parse_date
from components.shared.erasures import erasure_under_way
from components.shared.errors import StepError
from components.shared.names import BUCKET, COLLECTION, DATABASE, DATASETS, LOCATION
from components.shared.retries import FAILED_CALL
from components.shared.run_record import read_records
from components.shared.sources import parse_sources
from dashboard.__main__ import write_dashboard
from erase.__main__ import ERASE_AFTER_DAYS, erase_deleted
from erase.platform import Platform
from generators.firestore_writer import WritesFailedError
from generators.own_reading import CheckedSales, CountsError
from generators.own_sales import choose_replacement
from infra.deploy.errors import DeployError
from infra.migration import MigrationError
from laptop.cloud import CloudError, check_services, require_cloud, set_clock
from laptop.dataform_progress import DataformProgress
from laptop.demo_campaign import (
    CampaignLookBack,
    PlannedCampaign,
    plan_demo_campaign,
    resume_demo_campaign,
)
from laptop.news import read_news
from laptop.options import IMPORT, parser, sources_of, state_folder
from laptop.progress import TaskProgress
from laptop.provision import make_ready
from laptop.rebuild import rebuild
from laptop.retention import forget_old
from laptop.sales import SalesError, generate, import_own
from laptop.state import BatchState
from laptop.summary import describe_failures, read_receipt, show_summary
from laptop.trigger import Json, RunError, Task, follow, retry, trigger
from laptop.warehouse import repository_of

FAILURES = (
    *(CloudError, RunError, SalesError, WritesFailedError, CountsError),
    *(StepError, MigrationError, DeployError, *FAILED_CALL, httpx.TransportError),
)
# Days are simulated: what is written after a day's run is known only to later days, as if it had passed.
BATCH_TIME = datetime_time(2)
RETRY = "once that is fixed, make retry STATE={} resumes from there and keeps the finished steps"


def main(arguments: list[str] | None = None) -> int:
    """Run the day; return the exit code."""
    options = options_of(arguments)
    try:
        require_cloud("GOOGLE_CLOUD_PROJECT", "ORCHESTRATOR_URL")
        with _explain_ended_services():
            _run(options, Console(markup=False, emoji=False, highlight=False, soft_wrap=True))
    except FAILURES as error:
        print_error(error)
        return 1
    return 0


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of a day."""
    reader = parser("python -m laptop.day", str(__doc__))
    reader.add_argument("--started", type=float, default=time.time(), help="when, in seconds since 1970")
    return reader.parse_args(arguments)


@contextmanager
def _explain_ended_services() -> Iterator[None]:
    """If the block fails and a service has ended, raise CloudError instead: it explains the failure."""
    try:
        yield
    except Exception:
        check_services()
        raise


def _run(options: argparse.Namespace, console: Console) -> None:
    folder = state_folder(options)
    state = BatchState.load(folder)
    make_ready(os.environ["GOOGLE_CLOUD_PROJECT"])
    _refuse_during_an_erasure()
    if options.retry:
        run = retry(os.environ["ORCHESTRATOR_URL"])
        planned = resume_demo_campaign(state, state.sources, os.environ["GOOGLE_CLOUD_PROJECT"])
    else:
        run, planned = _submit(options, folder, state)
    repository = repository_of(os.environ["GOOGLE_CLOUD_PROJECT"])
    progress = TaskProgress(console, DataformProgress(repository).progress)
    records = _run_day(console, folder, run, progress, planned)
    if options.sales or (options.retry and state.expected_documents is not None):
        _compare(console, CheckedSales.load(folder / IMPORT), state, records)
    total = time.time() - options.started
    console.print(f"{total:.0f} s in total, {1 - progress.seconds / total:.0%} outside the tasks")
    state.last_as_of, state.campaign = run["as_of"], None
    state.save(folder)


def _refuse_during_an_erasure() -> None:
    """Raise RunError, as the orchestrator would once the sales are written: an erasure may miss these."""
    if why := erasure_under_way(storage_client(os.environ["GOOGLE_CLOUD_PROJECT"]).bucket(BUCKET)):
        raise RunError(why)


def _submit(
    options: argparse.Namespace, folder: Path, state: BatchState
) -> tuple[Json, PlannedCampaign | None]:
    """Import or generate the sales that the run needs, and have it submitted.

    Return the orchestrator's response, and the campaign that the run shows.
    """
    state.campaign = None
    as_of, planned = _bring_sales(options, state)
    state.sources = sources_of(options)
    state.save(folder)
    set_clock(folder, datetime.combine(as_of, BATCH_TIME, UTC))
    return _trigger(options, as_of, state.time_zone), planned


def _trigger(options: argparse.Namespace, as_of: date, zone: str = "") -> Json:
    chosen: Json = {} if options.horizon_days is None else {"horizon_days": options.horizon_days}
    chosen |= {"business_time_zone": zone} if zone else {}
    return trigger(os.environ["ORCHESTRATOR_URL"], as_of, {"sources": sources_of(options), **chosen})


def _bring_sales(options: argparse.Namespace, state: BatchState) -> tuple[date, PlannedCampaign | None]:
    """Import or generate the sales that the run needs; return its as-of date and the campaign that it shows.

    The date is the one chosen, or the next one.
    """
    chosen = parse_date(options.as_of) if options.as_of else None
    today = datetime.now(UTC).date()
    if options.sales:
        sales = CheckedSales.load(state_folder(options) / IMPORT)
        import_own(state, sales, choose_replacement(options), anew=bool(options.replace))
        _take_zone(state, sales.zone)
        return chosen or min(sales.last + timedelta(days=1), today), None
    last_run = state.last_run()
    following = last_run + timedelta(days=1) if last_run else today
    as_of = chosen or following
    if last_run and not chosen:
        print(f"running {as_of}, the day after the last run; AS_OF=… chooses another", flush=True)
    arguments = ["--customers", str(options.customers), *(["--defects"] if options.defects else [])]
    planned = plan_demo_campaign(options, state, as_of, os.environ["GOOGLE_CLOUD_PROJECT"])
    response = planned.response if planned else None
    generate(state, as_of, options.days, arguments, parse_sources(sources_of(options)), response)
    return as_of, planned


def _take_zone(state: BatchState, zone: str) -> None:
    """Set the business time zone; if it changes, rebuild the days that are already there."""
    before, state.time_zone = state.time_zone, zone
    if before == zone or not (last_run := state.last_run()):
        return
    print(f"the business time zone changes from {before or 'UTC'} to {zone}", flush=True)
    if failures := rebuild(os.environ["GOOGLE_CLOUD_PROJECT"], last_run, state.sources, zone):
        raise SalesError("; ".join(failures))


def _compare(console: Console, sales: CheckedSales, state: BatchState, records: list[dict[str, Any]]) -> None:
    """Show what became of the files' rows; raise CountsError unless the export found what was imported."""
    exported = next(record["counts"] for record in records if record["step"] == "export_sales")
    found = exported["documents"] - exported["rejects"]
    console.print(f"your files   {sales.counts}; {found:,} sales exported")
    if state.expected_documents not in (None, found):
        raise CountsError(f"{state.expected_documents:,} sales were imported and {found:,} exported")
    state.expected_documents = None


def _run_day(
    console: Console, folder: Path, run: Json, progress: TaskProgress, planned: PlannedCampaign | None
) -> list[dict[str, Any]]:
    """Show a run's progress, and return the records of its steps."""
    project, as_of = os.environ["GOOGLE_CLOUD_PROJECT"], date.fromisoformat(run["as_of"])
    run_id = run["parameters"]["run_id"]  # identifies its steps, and those of the run that it retries
    console.print(f"{run['id']} as of {as_of}: {run['console']}", soft_wrap=True)
    look_back = CampaignLookBack(planned) if planned else None

    def show(tasks: Sequence[Task]) -> None:
        progress.show(tasks)
        if look_back:
            look_back.follow(tasks, project, run_id)

    try:
        with progress.show_live():
            follow(os.environ["VERTEX_EMULATOR_HOST"], run, show)
    except RunError as error:
        check_services()
        failures = describe_failures(read_records(project, BUCKET, run_id))
        raise RunError(f"{failures or error}\n{RETRY.format(folder)}") from None
    records = read_records(project, BUCKET, run_id)
    more = look_back.lines() if look_back else []
    places = _keep_pages(project, folder / "reports", run_id, records)
    receipt = read_receipt(project, run_id)
    places |= {"console": f"make up STATE={folder}, then {run['console']}"}
    news = read_news(project, as_of)
    show_summary(console, as_of.isoformat(), records, receipt, places, news, more)
    forget_old(project, folder / "reports")
    if certificate := _erase_deleted(project, as_of):
        console.print(f"erased       documents deleted over {ERASE_AFTER_DAYS} days ago: {certificate}")
    return records


def _erase_deleted(project: str, as_of: date) -> str:
    """Erase documents deleted over ERASE_AFTER_DAYS before the day, as a daily job does in the cloud."""
    platform = Platform(project, LOCATION, BUCKET, DATABASE, COLLECTION, DATASETS)
    return erase_deleted(
        platform, datetime.combine(as_of, BATCH_TIME, UTC) - timedelta(days=ERASE_AFTER_DAYS)
    )


def _keep_pages(project: str, folder: Path, run_id: str, records: list[dict[str, Any]]) -> dict[str, str]:
    """Copy a run's pages out of its artifacts, write the dashboard, and return the path of each."""
    folder.mkdir(exist_ok=True)
    made = {record["step"]: record["counts"].get("report") for record in records}
    report, watching, dashboard = (folder / f"{run_id}{end}.html" for end in ("", "-watching", "-dashboard"))
    shutil.copyfile(made["train_churn_model"], report)
    shutil.copyfile(made["watch_predictions"], watching)
    write_dashboard(project, DATASETS["bi"], dashboard)
    return {"report": str(report), "monitoring": str(watching), "dashboard": str(dashboard)}


if __name__ == "__main__":
    sys.exit(end_quietly(main))
