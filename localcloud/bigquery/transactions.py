"""The transaction that a job's statement belongs to, which BigQuery reports in the job's statistics."""

import uuid
from collections.abc import Callable
from typing import Any

from local_bigquery.jobs import query, runner
from local_bigquery.models import Job, JobStatistics2
from local_bigquery.sql.translate import Context
from sqlglot import exp

OPEN = "transaction"  # a key of a script's settings, which in a session outlive the script
INFO_KEY = "transactionInfo"
TYPES: dict[type, str] = {
    exp.Transaction: "BEGIN_TRANSACTION",
    exp.Commit: "COMMIT_TRANSACTION",
    exp.Rollback: "ROLLBACK_TRANSACTION",
}


def report_transactions() -> None:
    """Patch jobs to report the transaction. Call once per process."""
    query._statement = _wrap_statement(query._statement)
    runner._done = _wrap_done(runner._done)


def _wrap_statement(run: Callable[..., JobStatistics2]) -> Callable[..., JobStatistics2]:
    def run_and_record(cursor: Any, tree: exp.Expr, context: Context, *rest: Any) -> JobStatistics2:
        try:
            statistics = run(cursor, tree, context, *rest)
        except Exception:
            context.settings.pop(OPEN, None)  # as the error aborts its transaction
            raise
        if isinstance(tree, exp.Transaction):
            context.settings[OPEN] = str(uuid.uuid4())
        info = {INFO_KEY: {"transactionId": context.settings[OPEN]}} if OPEN in context.settings else {}
        if isinstance(tree, (exp.Commit, exp.Rollback)):
            context.settings.pop(OPEN, None)
        kind = {"statementType": TYPES[type(tree)]} if type(tree) in TYPES else {}
        return statistics.replace(**info, **kind)

    return run_and_record


def _wrap_done(done: Callable[..., Job]) -> Callable[..., Job]:
    """Move the transaction to where jobs have it: the engine passes on a query's statistics as they are."""

    def done_with_transaction(job: Job, statistics: Any, *rest: Any) -> Job:
        info = statistics.query and statistics.query.dump().get(INFO_KEY)
        if info:
            statistics = statistics.replace(query=statistics.query.without(INFO_KEY), **{INFO_KEY: info})
        return done(job, statistics, *rest)

    return done_with_transaction
