"""A usual day after a history, run step by step, with its calls to each service and what it read."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from google.cloud.bigquery import Client, QueryJob, QueryJobConfig, ScalarQueryParameter

import components
from components.shared.clients import bigquery_client, dataform_client, firestore_client
from components.shared.defaults import MAX_QUERY_GIB
from components.shared.names import COLLECTION, DATASETS, LOCATION
from generators.firestore_writer import write_documents
from laptop.provision import make_ready
from localcloud.endpoints import Endpoints
from localcloud.firestore.clock import Clock
from tests.bench.histories import sale
from tests.cloud import led_to, uncounted
from tests.e2e.days import PROJECT, Part, export_day, run_day
from tests.e2e.usual_clicks import write_clicks, write_history_of_clicks
from tests.faults.calls import Calls
from tests.faults.grpc_proxy import grpc_proxy
from tests.faults.http_proxy import http_proxy
from tests.faults.killing import Killer

SERVICES = ("bigquery", "storage", "firestore", "dataform", "vertex")
GRPC = ("firestore", "bigquery_storage")
DAY = date(2026, 2, 2)  # of the run before the usual day, which is a Tuesday
SALES_A_DAY, CUSTOMERS, NEW, REFUNDED = 6, 60, 40, 10
LONG_AGO = 10  # days before DAY when the history arrived: further back than assertions look
LONG_BEFORE = timedelta(hours=12)  # an export, which rereads what was written within six hours of it
BEFORE, USUAL = "the-run-before", "the-usual-day"
EXPORT = {"export_mode": "changes", "full_pass_days": 30}
RECORD = re.compile(r"mlops/runs/…/(\w+)\.json")
SQL = Path(components.__path__[0])


@dataclass(frozen=True)
class Reads:
    """A day's bytes read by each step's statements, its calls by step and service, and its receipt's row.

    A statement is a Dataform action or a step's SQL file.
    """

    processed: Counter[tuple[str, str]]
    billed: Counter[str]
    calls: Counter[tuple[str, str]]
    receipt: dict[str, Any] = field(default_factory=dict)


def usual_day(folder: Path, sales: int, exports: int) -> Reads:
    """Return what a day of changes reads after this many sales and clicks, the newest exported day by day.

    There are as many sales a day whatever the history: a longer one begins earlier.
    """
    clock = Clock(folder / "cloud" / "firestore")
    clock.set_to(datetime(1990, 1, 1, tzinfo=UTC))  # before it starts: its times never go back
    with uncounted(folder / "cloud", SERVICES) as endpoints:
        with led_to(endpoints):
            make_ready(PROJECT)
            _run_history(clock, folder, sales, exports)
            clock.set_to(datetime.combine(DAY, time(4), UTC))
            _write([*_changes(sales)])
            write_clicks([row for _, row in _changes(sales)], DAY + timedelta(days=1))
            clock.set_to(datetime.combine(DAY + timedelta(days=1), time(2), UTC))
        with _noting(endpoints) as calls:
            run_day(str(DAY + timedelta(days=1)), USUAL, folder / USUAL, **EXPORT)
        with led_to(endpoints), bigquery_client(PROJECT, LOCATION) as client:
            row = _receipt(client)
            processed, billed = _bytes_of(client, row)
            return Reads(processed + _shown(client), billed, _by_step(calls), row)


def _run_history(clock: Clock, folder: Path, sales: int, exports: int) -> None:
    """Export the history, then its last days one by one, and run the whole batch on the last of them."""
    rows, begun = _history(sales), 0
    write_history_of_clicks([row for _, row in rows], DAY - timedelta(days=LONG_AGO))
    for back in (LONG_AGO, *reversed(range(exports))):
        day = DAY - timedelta(days=back)
        clock.set_to(datetime.combine(day, time(), UTC) - LONG_BEFORE)
        ended = sales - SALES_A_DAY * back
        _write(rows[begun:ended])
        begun = ended
        clock.set_to(datetime.combine(day, time(2), UTC))
        if back:
            run_id = f"export-{day}"
            common = {"as_of": str(day), "run_id": run_id, "max_query_gib": MAX_QUERY_GIB}
            export_day(common, Part(), **EXPORT)
    run_day(str(DAY), BEFORE, folder / BEFORE, **EXPORT)


def _history(sales: int) -> list[tuple[str, dict[str, Any]]]:
    """Return this many sales, the last of them on the day before DAY."""
    start = datetime.combine(DAY, time(), UTC) - timedelta(days=sales / SALES_A_DAY)
    return [sale(n, CUSTOMERS, start + timedelta(days=n / SALES_A_DAY)) for n in range(sales)]


def _changes(sales: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the day's new sales, and refunds of the newest earlier ones."""
    for number in range(sales, sales + NEW):
        yield sale(number, CUSTOMERS, datetime.combine(DAY, time(3), UTC))
    yield from ((name, row | {"status": "refunded"}) for name, row in _history(sales)[-REFUNDED:])


def _write(rows: list[tuple[str, dict[str, Any]]]) -> None:
    write_documents(firestore_client(PROJECT), COLLECTION, iter(rows), 100_000)


def _shown(client: Client) -> Counter[tuple[str, str]]:
    """Return the bytes that a dashboard of a week reads."""
    week = ScalarQueryParameter("week", "DATE", DAY - timedelta(days=6))
    sql = f"SELECT * FROM {DATASETS['bi']}.bi_revenue_by_day WHERE sale_date >= @week"
    job = client.query(sql, QueryJobConfig(query_parameters=[week]))
    assert job.result().total_rows
    return Counter({("dashboard", "bi_revenue_by_day"): job.total_bytes_processed or 0})


@contextmanager
def _noting(endpoints: Endpoints) -> Iterator[Calls]:
    """Route the clients through proxies that record each call."""
    calls = Calls(USUAL)
    with ExitStack() as stack:
        ports = {}
        for service in endpoints.ports:
            proxy = grpc_proxy if service in GRPC else http_proxy
            address = stack.enter_context(proxy(service, endpoints.address(service), calls, Killer()))
            ports[service] = int(address.rpartition(":")[2])
        stack.enter_context(led_to(Endpoints(endpoints.project, ports)))
        yield calls


def _by_step(calls: Calls) -> Counter[tuple[str, str]]:
    """Return the calls by step and service: a step ends with the call that writes its record."""
    counted, waiting = Counter[tuple[str, str]](), Counter[str]()
    for call in calls.seen:
        waiting[call.service] += 1
        if call.what.startswith("POST") and (ended := RECORD.search(call.what)):
            counted.update({(ended[1], service): count for service, count in waiting.items()})
            waiting.clear()
    counted.update({("record_run", service): count for service, count in waiting.items()})
    return counted


def _bytes_of(client: Client, row: dict[str, Any]) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    """Return, from the jobs, the bytes that the day's statements read and that each step is billed for."""
    processed, billed = Counter[tuple[str, str]](), Counter[str]()
    for step, statement, job in _jobs(client, row):
        processed[step, statement] += job.total_bytes_processed or 0
        billed[step] += job.total_bytes_billed or 0
    return processed, billed


def _jobs(client: Client, row: dict[str, Any]) -> Iterator[tuple[str, str, QueryJob]]:
    """Yield the day's jobs with their step and statement: Dataform's actions, then the steps' own."""
    built = next(step for step in json.loads(row["steps"]) if step["step"] == "run_dataform")
    request = {"name": built["counts"]["invocation"]}
    for action in dataform_client().query_workflow_invocation_actions(request=request):
        if job := action.bigquery_action.job_id:
            yield "run_dataform", action.target.name, client.get_job(job)
    for job in client.list_jobs(all_users=True):
        if isinstance(job, QueryJob) and job.job_id.startswith(f"{USUAL}__"):
            yield job.job_id.split("__")[1], statement_of(job.query), job


def statement_of(query: str) -> str:
    """Return the name of the file that a query comes from, the longest if it contains several."""
    return next((name for name, pattern in _statements() if pattern.search(query)), "of no file")


@cache
def _statements() -> list[tuple[str, re.Pattern[str]]]:
    """Return the steps' files, longest first, each with a pattern of its text with identifiers filled in."""
    files = SQL.rglob("*.sql")
    texts = {str(path.relative_to(SQL)): path.read_text(encoding="utf-8").strip() for path in files}
    return [
        (name, re.compile(r"[\w., -]+".join(map(re.escape, re.split(r"\$\{\w+\}", text)))))
        for name, text in sorted(texts.items(), key=lambda item: -len(item[1]))
    ]


def _receipt(client: Client) -> dict[str, Any]:
    sql = f"SELECT * FROM {DATASETS['warehouse']}.pipeline_runs WHERE run_id = '{USUAL}'"
    [row] = client.query_and_wait(sql)
    return dict(row)
