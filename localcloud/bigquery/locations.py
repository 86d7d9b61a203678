"""The location of a job: the one requested, else that of its destination's dataset, else US.

A table is where its dataset is.
A job is found only in its own location, and one requested with a location reaches no dataset elsewhere, as in
BigQuery. Unlike in BigQuery, a job without a location reads data in any location, and a dataset in US, the
default, is readable from every location.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from itertools import chain
from typing import Any
from urllib.parse import parse_qs

from fastapi import Depends
from local_bigquery.api import Router, jobs, uploads
from local_bigquery.app import PREFIX, app, valid_project
from local_bigquery.catalog import datasets, metadata, tables
from local_bigquery.errors import not_found
from local_bigquery.jobs import runner
from local_bigquery.models import Dataset, Job, JobConfiguration, QueryRequest, Table
from local_bigquery.sql.rules import STATEMENT_RULES
from sqlglot import exp

DEFAULT_LOCATION = "US"
IDS = ("projectId", "datasetId")
REFERENCES = {
    "query": ("destinationTable", "defaultDataset"),
    "load": ("destinationTable",),
    "copy": ("destinationTable", "sourceTable", "sourceTables"),
    "extract": ("sourceTable",),
}

_requested: ContextVar[str | None] = ContextVar("location", default=None)

type Application = Callable[..., Awaitable[None]]


def locate_jobs() -> None:
    """Patch jobs to have a location. Call once per process."""
    runner._job = _wrap_job(runner._job)
    runner.get = _wrap_get(runner.get)
    datasets._defaults = _wrap_dataset_defaults(datasets._defaults)
    tables.defaults = _wrap_table_defaults(tables.defaults)
    STATEMENT_RULES.append(_check_reachable)
    uploads._start = _wrap_start(uploads._start)
    jobs.with_rows = _wrap_with_rows(jobs.with_rows)
    router = Router(dependencies=[Depends(valid_project)])
    router.add_api_route(f"{PREFIX}/projects/{{project_id}}/jobs", _insert, methods=["POST"])
    router.add_api_route(f"{PREFIX}/projects/{{project_id}}/queries", _query, methods=["POST"])
    app.router.routes[:0] = router.routes  # before the engine's own
    app.add_middleware(_LocationMiddleware)


class _LocationMiddleware:
    """Middleware that keeps the location named in the URL of a request."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], *channels: Any) -> None:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        _requested.set(query.get("location", [None])[0])
        await self._app(scope, *channels)


def _insert(project_id: str, body: Job) -> Job:
    _requested.set(body.jobReference and body.jobReference.location)
    return jobs.insert_job(project_id, body)


def _query(project_id: str, body: QueryRequest):  # type: ignore[no-untyped-def] # noqa: ANN202 -- else a model
    _requested.set(body.location)
    return jobs.run_query(project_id, body)


def _wrap_start(start: Callable[..., Any]) -> Callable[..., Any]:
    def start_in_location(project: str, body: Job, upload: str) -> Any:
        _requested.set(body.jobReference and body.jobReference.location)
        return start(project, body, upload)

    return start_in_location


def _wrap_job(make: Callable[..., Job]) -> Callable[..., Job]:
    def make_in_location(project: str, job: str | None, configuration: JobConfiguration) -> Job:
        made = make(project, job, configuration)
        named = list(_named_datasets(configuration))
        for dataset in named:
            _check_location(dataset)
        location = _requested.get() or (named[0].location if named else None) or DEFAULT_LOCATION
        return made.replace(
            id=f"{project}:{location}.{job}",
            selfLink=f"/bigquery/v2/projects/{project}/jobs/{job}?location={location}",
            jobReference=made.jobReference.replace(location=location),
        )

    return make_in_location


def _named_datasets(configuration: JobConfiguration) -> Iterator[Dataset]:
    """Yield the datasets that a job's configuration names, that of its destination first."""
    given = configuration.dump()
    for kind, names in REFERENCES.items():
        found = [given.get(kind, {}).get(name, []) for name in names]
        for reference in chain.from_iterable(each if isinstance(each, list) else [each] for each in found):
            if dataset := metadata.load(Dataset, *map(reference.get, IDS)):
                yield dataset


def _check_location(dataset: Dataset) -> None:
    """Raise BigQueryError for a dataset in another location than the one requested for the job."""
    requested = _requested.get()
    if requested and (dataset.location or DEFAULT_LOCATION).casefold() not in (
        requested.casefold(),
        DEFAULT_LOCATION.casefold(),
    ):
        place = dataset.datasetReference
        raise not_found(
            "Dataset", f"{place.projectId}:{place.datasetId} was not found in location {requested}"
        )


def _check_reachable(tree: exp.Expr, _: object) -> exp.Expr:
    """Refuse tables that a job cannot reach: a statement rule, after the one that completes names."""
    for table in tree.find_all(exp.Table) if _requested.get() else ():
        if dataset := table.catalog and table.db and metadata.load(Dataset, table.catalog, table.db):
            _check_location(dataset)
    return tree


def _wrap_dataset_defaults(defaults: Callable[[str, str], Dataset]) -> Callable[[str, str], Dataset]:
    """Make CREATE SCHEMA create a dataset in the location of its job."""

    def defaults_in_location(project: str, dataset: str) -> Dataset:
        return defaults(project, dataset).replace(location=_requested.get() or DEFAULT_LOCATION)

    return defaults_in_location


def _wrap_table_defaults(defaults: Callable[[str, str, str], Table]) -> Callable[[str, str, str], Table]:
    """Give a new table the location of its dataset."""

    def defaults_beside_dataset(project: str, dataset: str, table: str) -> Table:
        found = metadata.load(Dataset, project, dataset)
        return defaults(project, dataset, table).replace(
            location=(found and found.location) or DEFAULT_LOCATION
        )

    return defaults_beside_dataset


def _wrap_get(get: Callable[[str, str], Job]) -> Callable[[str, str], Job]:
    def get_in_location(project: str, job: str) -> Job:
        found, requested = get(project, job), _requested.get()
        if requested and requested.casefold() != found.jobReference.location.casefold():
            raise not_found("Job", f"{project}:{requested}.{job}")
        return found

    return get_in_location


def _wrap_with_rows(with_rows: Callable[..., Any]) -> Callable[..., Any]:
    """Put the location into the response of jobs.query, which otherwise says US."""

    def with_rows_and_location(payload: dict[str, Any], rows: list[str]) -> Any:
        if "location" in payload:
            payload = payload | {"location": payload["jobReference"].location}
        return with_rows(payload, rows)

    return with_rows_and_location
