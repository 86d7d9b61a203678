"""The first page of an answer: all of it, for Google's Python client to read by REST.

Where rows are missing in it, to_dataframe() reads by the Storage Read API, whose client no variable leads to
another place than Google's. And query().result() asks for no rows at all at first, which is the page that it
counts: here it gets the rows then, and asks once less.
"""

from collections.abc import Callable
from typing import Any

from local_bigquery.api import jobs

MOST_ROWS = 500_000  # of more a page would not fit the memory

type Results = Callable[[Any, int | None, int, bool], tuple[dict[str, Any], list[str]]]


def enlarge_first_pages() -> None:
    """Have jobs.query and jobs.getQueryResults answer so."""
    jobs.results = _with_first_page(jobs.results)


def _with_first_page(results: Results) -> Results:
    """Return what jobs.results does, but for its first page."""

    def answered(
        job: Any, max_results: int | None, start: int, int64_timestamps: bool
    ) -> tuple[dict[str, Any], list[str]]:
        if max_results or start:
            return results(job, max_results, start, int64_timestamps)
        # Who asks for no rows names no form of timestamps, but reads them in the newer one.
        newer = int64_timestamps or max_results == 0
        payload, rows = results(job, None, 0, newer)
        if payload.get("pageToken") and int(payload["totalRows"]) <= MOST_ROWS:
            return results(job, MOST_ROWS, 0, newer)
        if payload.get("pageToken") and max_results == 0:
            return results(job, 0, 0, int64_timestamps)
        return payload, rows

    return answered
