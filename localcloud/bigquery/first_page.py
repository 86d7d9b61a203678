"""The first page of a result: all of its rows, for Google's Python client to read by REST.

If rows are missing from it, to_dataframe() uses the Storage Read API, whose client no environment variable
can direct anywhere but to Google. And query().result() at first asks for no rows at all, which it counts as
the first page: here it gets the rows with that request, which saves another.
"""

from collections.abc import Callable
from typing import Any

from local_bigquery.api import jobs

MOST_ROWS = 500_000  # a page of more would not fit in memory

type Results = Callable[[Any, int | None, int, bool], tuple[dict[str, Any], list[str]]]


def enlarge_first_pages() -> None:
    """Patch jobs.query and jobs.getQueryResults accordingly."""
    jobs.results = _wrap_results(jobs.results)


def _wrap_results(results: Results) -> Results:
    """Return jobs.results with an enlarged first page."""

    def results_with_first_page(
        job: Any, max_results: int | None, start: int, int64_timestamps: bool
    ) -> tuple[dict[str, Any], list[str]]:
        if max_results or start:
            return results(job, max_results, start, int64_timestamps)
        # A client that asks for no rows names no timestamp format, but reads the newer one.
        newer = int64_timestamps or max_results == 0
        payload, rows = results(job, None, 0, newer)
        if payload.get("pageToken") and int(payload["totalRows"]) <= MOST_ROWS:
            return results(job, MOST_ROWS, 0, newer)
        if payload.get("pageToken") and max_results == 0:
            return results(job, 0, 0, int64_timestamps)
        return payload, rows

    return results_with_first_page
