"""Run the whole batch on this machine: python -m localcloud.batch, or make run.

examples:
  make run                                   a year of generated sales, as of today; again: the next day
  make run AS_OF=2026-01-31                  as of a day of your choice
  make run SALES=orders.csv                  your own transactions
  make run SALES=orders.csv COLUMNS=customer=CustomerID,time=InvoiceDate,amount=Total
  make run SALES=orders.csv TIME_FORMAT="%d/%m/%Y %H:%M" CURRENCY=GBP
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from components.shared.dates import parse_date
from components.shared.errors import StepError
from components.shared.names import BUCKET, DATASETS
from components.shared.run_record import read_records
from dashboard.__main__ import write_dashboard
from generators.firestore_writer import WritesFailedError
from generators.own_columns import find_columns, parse_columns
from generators.own_documents import Reading
from generators.own_files import InvalidFileError, header
from generators.own_sales import add_reading
from localcloud.batch.progress import TaskProgress
from localcloud.batch.sales import SalesError, generate, import_own
from localcloud.batch.state import BatchState, alone
from localcloud.batch.summary import describe_failures, show_summary
from localcloud.batch.trigger import RunError, follow, trigger
from localcloud.endpoints import DEFAULT_PROJECT, Endpoints
from localcloud.provision import make_ready
from localcloud.state import LocalCloudError, private
from localcloud.supervisor import check_services, running


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    try:
        _run(options, console)
    except InvalidFileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except httpx.TransportError as error:
        print(
            f"error: a service of the laptop's cloud does not answer: {error}; try make status",
            file=sys.stderr,
        )
        return 1
    except (StepError, RunError, SalesError, WritesFailedError, LocalCloudError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.batch",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--as-of", default="", help="the day of the run, YYYY-MM-DD")
    parser.add_argument("--days", type=int, default=365, help="days of history to generate at first (365)")
    parser.add_argument("--customers", type=int, default=2000, help="customers to generate (2000)")
    parser.add_argument(
        "--defects", action="store_true", help="generate malformed records among the good ones"
    )
    parser.add_argument("--sales", type=Path, help="your own transactions, .csv or .parquet, instead")
    add_reading(parser)
    parser.add_argument(
        "--horizon-days", type=int, default=90, help="days without a purchase that make a churn (90)"
    )
    parser.add_argument("--state-dir", type=Path, default=Path(".localcloud"), help="where all data lies")
    return parser


def _run(options: argparse.Namespace, console: Console) -> None:
    started = time.monotonic()
    chosen = parse_date(options.as_of) if options.as_of else None
    if options.sales:
        find_columns(header(options.sales), parse_columns(options.columns))
    folder = options.state_dir / (f"sales-{options.sales.stem}" if options.sales else "demo")
    with alone(private(folder)), running(folder) as endpoints, _naming_the_dead(folder):
        state = BatchState.load(folder)
        os.environ.update(endpoints.environment())
        make_ready(DEFAULT_PROJECT)
        as_of = _bring_sales(options, state, chosen)
        state.save(folder)
        _run_day(options, console, folder, as_of, endpoints, started)
        state.last_as_of = as_of.isoformat()
        state.save(folder)


@contextmanager
def _naming_the_dead(folder: Path) -> Iterator[None]:
    """Have a failure of the block name the service that has ended, if one has: it explains the rest."""
    try:
        yield
    except Exception:
        check_services(folder)
        raise


def _bring_sales(options: argparse.Namespace, state: BatchState, chosen: date | None) -> date:
    """Bring the sales in that the run needs, and return the day it is for: the chosen or the next one."""
    if options.sales:
        last_day = import_own(
            state,
            options.sales,
            options.columns,
            Reading(options.currency, time_format=options.time_format),
        )
        return chosen or last_day + timedelta(days=1)
    last_run = state.last_run()
    following = last_run + timedelta(days=1) if last_run else datetime.now(UTC).date()
    as_of = chosen or following
    arguments = ["--customers", str(options.customers), *(["--defects"] if options.defects else [])]
    generate(state, as_of, options.days, arguments)
    return as_of


def _run_day(
    options: argparse.Namespace,
    console: Console,
    folder: Path,
    as_of: date,
    endpoints: Endpoints,
    started: float,
) -> None:
    run = trigger(endpoints, as_of, {"horizon_days": options.horizon_days})
    console.print(f"{run['id']} as of {as_of}: {run['console']}", soft_wrap=True)
    progress = TaskProgress(console)
    try:
        with progress.showing():
            follow(endpoints, run, progress.show)
    except RunError as error:
        check_services(folder)
        failures = describe_failures(read_records(DEFAULT_PROJECT, BUCKET, run["id"]))
        raise RunError(failures or str(error)) from None
    records = read_records(DEFAULT_PROJECT, BUCKET, run["id"])
    places = _keep_pages(folder / "reports", run["id"], records)
    show_summary(console, as_of.isoformat(), records, places | {"look inside": f"make up STATE={folder}"})
    total = time.monotonic() - started
    outside = 1 - progress.seconds / total
    console.print(f"{total:.0f} s in all, {outside:.0%} of it outside the tasks")


def _keep_pages(folder: Path, run_id: str, records: list[dict[str, Any]]) -> dict[str, str]:
    """Copy a run's pages out of its artifacts, write the dashboard, and return where each lies."""
    folder.mkdir(exist_ok=True)
    made = {record["step"]: record["counts"].get("report") for record in records}
    report, watching, dashboard = (folder / f"{run_id}{end}.html" for end in ("", "-watching", "-dashboard"))
    shutil.copyfile(made["train_churn_model"], report)
    shutil.copyfile(made["watch_predictions"], watching)
    write_dashboard(DEFAULT_PROJECT, DATASETS["bi"], dashboard)
    return {"report": str(report), "watching": str(watching), "dashboard": str(dashboard)}


if __name__ == "__main__":
    sys.exit(main())
