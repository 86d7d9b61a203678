"""The data pages: the tables of a dataset, one table, and a query with its result."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from google.api_core.exceptions import NotFound
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from localcloud.console import formats
from localcloud.console.data import Data, DataError, Table, kind_of
from localcloud.console.security import require_same_site

type Show = Callable[..., Response]


class DataPages:
    """The pages about the data; `show` fills a template."""

    def __init__(self, data: Data, show: Show) -> None:
        self._data, self._show = data, show

    def tables(self, request: Request) -> Response:
        """Show the tables of a dataset, and the query box, filled in but not run."""
        dataset = request.query_params.get("dataset", "")
        return self._page(dataset, request.query_params.get("sql", ""))

    def table(self, request: Request) -> Response:
        """Show a table: its columns, its partitions, and some rows."""
        try:
            table = self._data.table(request.path_params["dataset"], request.path_params["table"])
            partitions = self._data.partitions(table)
        except NotFound as error:
            raise HTTPException(404, f"No such table: {error.message}") from error
        except DataError as error:
            raise HTTPException(502, str(error)) from error
        preview, problem = self._preview(table)
        return self._show(
            "table.html",
            table=table,
            partitions=partitions,
            preview=preview,
            problem=problem,
            kind_of=kind_of,
        )

    async def ask(self, request: Request) -> Response:
        """Show the result of a query, or the reason why there is none."""
        sql, dataset = await _read_query(request)
        return await run_in_threadpool(self._answer_query, dataset, sql)

    async def cost(self, request: Request) -> Response:
        """Return what a query would read, or why it would be refused."""
        sql, dataset = await _read_query(request)
        if not sql.strip():
            return PlainTextResponse("")
        try:
            read = await run_in_threadpool(self._data.cost, sql, dataset)
        except (DataError, NotFound) as error:
            return PlainTextResponse(_error_message(error), 400)
        return PlainTextResponse(f"Would read {formats.size(read)}.")

    def _answer_query(self, dataset: str, sql: str) -> Response:
        try:
            return self._page(dataset, sql, answer=self._data.ask(sql, dataset))
        except (DataError, NotFound) as error:
            return self._page(dataset, sql, status=400, problem=_error_message(error))

    def _page(self, dataset: str, sql: str, status: int = 200, **values: Any) -> Response:
        try:
            datasets = self._data.datasets()
            chosen = dataset or next(iter(datasets), "")
            tables = self._data.tables(chosen) if chosen else []
        except NotFound as error:
            raise HTTPException(404, f"No such dataset: {error.message}") from error
        except DataError as error:
            raise HTTPException(502, str(error)) from error
        given = {"answer": None, "problem": "", **values}
        return self._show(
            "data.html", status, datasets=datasets, chosen=chosen, tables=tables, sql=sql, **given
        )

    def _preview(self, table: Table) -> tuple[Any, str]:
        try:
            return self._data.preview(table), ""
        except (DataError, NotFound) as error:
            return None, _error_message(error)


async def _read_query(request: Request) -> tuple[str, str]:
    """Return the SQL and the dataset from a form that one of our own pages posted."""
    require_same_site(request)
    try:
        fields = parse_qs((await request.body()).decode(), keep_blank_values=True)
    except UnicodeDecodeError as error:
        raise HTTPException(400, "The query is not valid text.") from error
    sql, dataset = (fields.get(name, [""])[0] for name in ("sql", "dataset"))
    if not dataset:
        raise HTTPException(400, "The query names no dataset.")
    return sql.replace("\r\n", "\n"), dataset


def _error_message(error: DataError | NotFound) -> str:
    return str(error.message if isinstance(error, NotFound) else error)
