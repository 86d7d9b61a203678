"""The bytes that BigQuery would bill for a statement, which dry runs and jobs report and a job may cap.

Google's analyser says which columns of which tables a statement reads. For each table, the bytes of those
columns are counted in the partitions that no filter prunes, once however often the table is read; at least
10 MB are billed for it, in whole MB. A statement that changes rows of a table reads all its columns. A script
costs what its statements and its expressions read. Sources: BigQuery's pages on pricing, on estimating costs
and on querying partitioned tables. For an external table, the rows that it had when it was created are
counted, in the folders of the days that no filter prunes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from local_bigquery import errors
from local_bigquery.api import jobs
from local_bigquery.catalog import metadata, tables
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import query, runner
from local_bigquery.models import Job, JobStatistics2, Table
from local_bigquery.sql.rules import tables as rules
from sqlglot import exp

from localcloud.bigquery import sizes

MB = 2**20
LEAST = 10 * MB
LIMIT = "bytesBilledLimitExceeded"
COUNTED_STATEMENTS = (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Merge)


@dataclass(frozen=True)
class Cost:
    """What a statement reads and is billed for, in bytes."""

    processed: int = 0
    billed: int = 0

    @classmethod
    def of(cls, tables: Sequence[int]) -> "Cost":
        """Return the cost of reading the given bytes of each table; one with no bytes read costs nothing."""
        return cls(sum(tables), sum(-(-max(LEAST, each) // MB) * MB for each in tables if each))

    def as_statistics(self) -> dict[str, str]:
        """Return the cost as a job reports it."""
        return {"totalBytesProcessed": str(self.processed), "totalBytesBilled": str(self.billed)}


@dataclass
class Budget:
    """The bytes that a job may be billed for (None for no limit), and those billed so far."""

    most: int | None = None
    spent: int = 0

    def spend(self, cost: Cost) -> None:
        """Charge a statement; raises BigQueryError if it exceeds what the job may be billed for."""
        if self.most is not None and cost.billed and self.spent + cost.billed > self.most:
            needed = self.spent + cost.billed
            message = f"Query exceeded limit for bytes billed: {self.most}. {needed} or higher required."
            raise BigQueryError(LIMIT, message)
        self.spent += cost.billed


_cost: ContextVar[Cost | None] = ContextVar("cost", default=None)
_expression_costs: ContextVar[list[Cost]] = ContextVar("expression_costs")
_job: ContextVar[Job | None] = ContextVar("job", default=None)


def report_bytes() -> None:
    """Patch jobs and their responses to report what they cost. Call once per process."""
    errors.STATUSES[LIMIT] = (400, "INVALID_ARGUMENT")
    rules._check = _wrap_check(rules._check)
    query._statement = _wrap_statement(query._statement)
    query.execute = _wrap_execute(query.execute)
    runner._done = _wrap_done(runner._done)
    runner.submit, runner.wait = _wrap_job_lookup(runner.submit), _wrap_job_lookup(runner.wait)
    jobs.results = _wrap_results(jobs.results)
    jobs.with_rows = _wrap_with_rows(jobs.with_rows)


@contextmanager
def report_cost(cost: Cost | None) -> Iterator[None]:
    """Make the statement that runs within report this cost."""
    token = _cost.set(cost)
    try:
        yield
    finally:
        _cost.reset(token)


def charge_expression(cost: Cost) -> None:
    """Add what a script's expression reads, such as the default of a DECLARE, to what the script costs."""
    if cost.billed:
        _expression_costs.get().append(cost)


def _wrap_check(check: Callable[..., None]) -> Callable[..., None]:
    """Leave required filters to the count if there was one: the engine looks for the column in any WHERE."""

    def check_unless_counted(tree: exp.Expr, table: exp.Table, is_target: bool) -> None:
        try:
            check(tree, table, is_target)
        except BigQueryError as error:
            stored = metadata.load(Table, table.catalog, table.db, table.name)
            is_counted = _cost.get() is not None and stored and stored.type != "EXTERNAL"
            if not (is_counted and error.message.startswith("Cannot query over table")):
                raise

    return check_unless_counted


def _wrap_statement(run: Callable[..., JobStatistics2]) -> Callable[..., JobStatistics2]:
    def run_and_record_cost(cursor: Any, tree: exp.Expr, *rest: Any) -> JobStatistics2:
        statistics = run(cursor, tree, *rest)
        cost = _cost.get()
        if cost is None:
            cost = _unanalysed_cost(statistics) if isinstance(tree, COUNTED_STATEMENTS) else Cost()
        return statistics.replace(**cost.as_statistics())

    return run_and_record_cost


def _unanalysed_cost(statistics: JobStatistics2) -> Cost:
    """Return the cost of a statement that the analyser could not read: all columns of the tables it names."""
    found = [tables.reference(each) for each in statistics.referencedTables or []]
    stored = [table for table in found if tables.exists(*table)]
    return Cost.of(
        [sizes.total_bytes(table, [field.name for field in tables.columns(*table)]) for table in stored]
    )


def _wrap_execute(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Make a script report the total cost of its statements and expressions."""

    def execute_and_sum(*arguments: Any, **settings: Any) -> Any:
        token = _expression_costs.set([])
        try:
            statistics, children, destination = execute(*arguments, **settings)
            parts = [cost.as_statistics() for cost in _expression_costs.get()]
        finally:
            _expression_costs.reset(token)
        parts += [child.dump() for child in children]
        if parts:
            sums = {
                name: str(sum(int(part.get(name, 0)) for part in parts)) for name in Cost().as_statistics()
            }
            statistics = statistics.replace(**sums)
        return statistics, children, destination

    return execute_and_sum


def _wrap_done(done: Callable[..., Job]) -> Callable[..., Job]:
    def done_with_bytes(job: Job, statistics: Any, *rest: Any) -> Job:
        ended = done(job, statistics, *rest)
        known = ended.statistics.query and ended.statistics.query.totalBytesProcessed
        if not known:
            return ended
        return ended.replace(statistics=ended.statistics.replace(totalBytesProcessed=known))

    return done_with_bytes


def _wrap_job_lookup(find: Callable[..., Job]) -> Callable[..., Job]:
    def find_and_remember(*arguments: Any, **settings: Any) -> Job:
        job = find(*arguments, **settings)
        _job.set(job)
        return job

    return find_and_remember


def _wrap_results(results: Callable[..., Any]) -> Callable[..., Any]:
    def results_with_bytes(job: Job, *rest: Any) -> tuple[dict[str, Any], list[str]]:
        payload, rows = results(job, *rest)
        return payload | _byte_statistics(job, ("totalBytesProcessed",)), rows

    return results_with_bytes


def _wrap_with_rows(with_rows: Callable[..., Any]) -> Callable[..., Any]:
    """Put the bytes into the response of jobs.query, which has a form of its own."""

    def with_rows_and_bytes(payload: dict[str, Any], rows: list[str]) -> Any:
        job = _job.get()
        if payload.get("kind") == "bigquery#queryResponse" and job:
            payload = payload | _byte_statistics(job, ("totalBytesProcessed", "totalBytesBilled"))
        return with_rows(payload, rows)

    return with_rows_and_bytes


def _byte_statistics(job: Job, names: Sequence[str]) -> dict[str, str]:
    statistics = job.statistics.query
    if job.status.state != "DONE" or not statistics or statistics.totalBytesProcessed is None:
        return {}
    known = statistics.dump()
    return {name: known[name] for name in names}
