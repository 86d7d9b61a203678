"""CREATE TABLE AS: its job names the table that it created as its destination, and returns no rows."""

from collections.abc import Callable
from typing import Any

from local_bigquery.api import jobs
from local_bigquery.jobs import runner
from local_bigquery.models import Job, JobStatistics

CREATED = "CREATE_TABLE_AS_SELECT"


def name_destinations() -> None:
    """Patch jobs accordingly. Call once per process."""
    runner._query = _wrap_query(runner._query)
    jobs.results = _wrap_results(jobs.results)


def _wrap_query(run: Callable[..., JobStatistics]) -> Callable[..., JobStatistics]:
    def query_with_destination(job: Job, *rest: Any) -> JobStatistics:
        statistics = run(job, *rest)
        if statistics.query.statementType == CREATED:
            job.configuration.query.destinationTable = statistics.query.ddlTargetTable
        return statistics

    return query_with_destination


def _wrap_results(results: Callable[..., tuple[dict[str, Any], list[str]]]) -> Callable[..., Any]:
    def results_without_rows(job: Job, *rest: Any) -> tuple[dict[str, Any], list[str]]:
        statistics = job.statistics.query
        if job.status.state != "DONE" or not statistics or statistics.statementType != CREATED:
            return results(job, *rest)
        plain = job.configuration.query.without("destinationTable")
        payload, rows = results(job.replace(configuration=job.configuration.replace(query=plain)), *rest)
        return {name: value for name, value in payload.items() if name != "totalRows"}, rows

    return results_without_rows
