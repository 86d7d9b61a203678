"""The first page of an answer: all of it, for Google's Python client to read by REST.

Where rows are missing in it, to_dataframe() reads by the Storage Read API, whose client no variable leads to
another place than Google's. And query().result() asks for no rows at all at first, which is the page that it
counts: here it gets the rows then, and asks once less.
"""

from local_bigquery.api import jobs

MOST_ROWS = 500_000  # of more a page would not fit the memory

_results = jobs.results


def enlarge_first_pages() -> None:
    """Have jobs.query and jobs.getQueryResults answer so."""
    jobs.results = _with_first_page


def _with_first_page(
    job: jobs.Job, max_results: int | None, start: int, int64_timestamps: bool
) -> tuple[dict[str, object], list[str]]:
    """Return what jobs.results does; who asks for no rows names no form, but reads them in the newer one."""
    if not max_results and start == 0:
        payload, rows = _results(job, MOST_ROWS, 0, int64_timestamps or max_results == 0)
        if not payload.get("pageToken"):
            return payload, rows
    return _results(job, max_results, start, int64_timestamps)  # type: ignore[no-any-return]
