"""Views: their text as it was written, and a view that is made again as it is, which stays as it is.

A batch makes each of its views anew every day; translating one and having the engine bind it takes 80 ms.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from local_bigquery.catalog import ddl, metadata, tables
from local_bigquery.models import JobStatistics2, Table
from local_bigquery.sql.script import Interpreter, Parser
from sqlglot import exp

from localcloud.bigquery.googlesql.analyser import Scope
from localcloud.bigquery.kept import Kept
from localcloud.bigquery.lake import view_snapshot

_written: ContextVar[str] = ContextVar("written", default="")

WRITTEN = "written"  # the meta of a CREATE VIEW that has its query as it was written


def keep_texts() -> None:
    """Have a view's definition be the query as written, as BigQuery has it; once a process."""
    ddl._definition = _as_written(ddl._definition)


@contextmanager
def written_as(text: str) -> Iterator[None]:
    """Have the statement that is parsed meanwhile be known by this text, of which what runs was made."""
    token = _written.set(text)
    try:
        yield
    finally:
        _written.reset(token)


def place_text(tree: exp.Expr, sql: str) -> exp.Expr:
    """Note the query of a statement that makes a view."""
    if isinstance(tree, exp.Create) and tree.args.get("kind") == "VIEW":
        tree.meta[WRITTEN] = query_of(_written.get() or sql)
    return tree


def query_of(sql: str) -> str:
    """Return the query of a statement that makes a view, as it was written."""
    parser = Parser(sql)
    parser.until({"AS"})
    start, end = parser.tokens[parser.i].end + 1, parser.tokens[-1].end + 1
    return sql[start:end].strip()  # with a comment that leads it, which is no token


def _as_written(definition: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def definition_as_written(tree: exp.Create, *names: str) -> dict[str, Any]:
        made = definition(tree, *names)
        for kind in {"view", "materializedView"} & made.keys():
            made[kind]["query"] = tree.meta.get(WRITTEN, made[kind]["query"])
        return made

    return definition_as_written


class Views:
    """Finds which views would be made again as they are."""

    def __init__(self, kept: Kept) -> None:
        """Keep there what they were made of."""
        self._kept = kept

    def make(self, text: str, scope: Scope, interpreter: Interpreter, run: Callable[[], None]) -> None:
        """Run a CREATE OR REPLACE VIEW, unless the view is there that it made of the same scope."""
        context = interpreter.context
        made_of = "view", context.project_id, context.dataset_id, context.settings, text, scope
        known = self._kept.get(*made_of)
        if known and (statistics := _made_again(**json.loads(known))):
            interpreter.report(statistics)
        else:
            statistics = _ran(interpreter, run)
        if made := statistics and _made(statistics):
            self._kept.put(json.dumps(made), *made_of)


def _ran(interpreter: Interpreter, run: Callable[[], None]) -> JobStatistics2 | None:
    """Run a statement; return what its job says."""
    said: list[JobStatistics2 | None] = []
    run_sql = interpreter.run_sql

    def run_and_note(tree: exp.Expr) -> JobStatistics2 | None:
        said.append(run_sql(tree))
        return said[-1]

    interpreter.run_sql = run_and_note
    try:
        run()
    finally:
        interpreter.run_sql = run_sql
    return said[-1]


def _made(statistics: JobStatistics2) -> dict[str, Any] | None:
    """Return by what the view is known as the one that was made; None of one that expires."""
    reference = tables.reference(statistics.ddlTargetTable)
    resource = metadata.load(Table, *reference)
    if resource is None or resource.expirationTime:
        return None
    said = statistics.replace(ddlOperationPerformed="REPLACE").dump()
    return {"statistics": said, "snapshot": view_snapshot(*reference), "etag": resource.etag}


def _made_again(statistics: dict[str, Any], snapshot: int, etag: str) -> JobStatistics2 | None:
    """Return what the job says of a view that is as it was left, and note when; None of another."""
    said = JobStatistics2.model_validate(statistics)
    reference = tables.reference(said.ddlTargetTable)
    resource = metadata.load(Table, *reference)
    if resource is None or resource.etag != etag or view_snapshot(*reference) != snapshot:
        return None
    now = metadata.now()
    tables.record(*reference, resource.replace(creationTime=now, lastModifiedTime=now))
    return said
