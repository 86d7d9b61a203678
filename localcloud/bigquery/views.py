"""Views: their text as it was written, and replacements that would change nothing, which are skipped.

A batch replaces each of its views every day; translating one and having the engine bind it takes 80 ms.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from local_bigquery.catalog import ddl, metadata, tables
from local_bigquery.models import JobStatistics2, Table
from local_bigquery.sql import script
from local_bigquery.sql.script import Interpreter, Parser
from sqlglot import exp

from localcloud.bigquery.analysis_cache import AnalysisCache
from localcloud.bigquery.googlesql.analyser import Scope
from localcloud.bigquery.lake import view_snapshot

_original_text: ContextVar[str] = ContextVar("original_text", default="")

QUERY_TEXT = "written"  # the meta key of a CREATE VIEW for its query as it was written


def keep_view_texts() -> None:
    """Patch a view's definition to be the query as written, as in BigQuery. Call once per process."""
    script.parse = _wrap_parse(script.parse)
    ddl._definition = _wrap_definition(ddl._definition)


@contextmanager
def keep_original_text(text: str) -> Iterator[None]:
    """Keep this as the original text of the statement parsed within, whose own text was made from it."""
    token = _original_text.set(text)
    try:
        yield
    finally:
        _original_text.reset(token)


def _wrap_parse(parse: Callable[[str], list[exp.Expr]]) -> Callable[[str], list[exp.Expr]]:
    def parse_with_text(sql: str) -> list[exp.Expr]:
        return [_record_query_text(tree, sql) for tree in parse(sql)]

    return parse_with_text


def _record_query_text(tree: exp.Expr, sql: str) -> exp.Expr:
    """Note in a CREATE VIEW its query as it was written."""
    if isinstance(tree, exp.Create) and tree.args.get("kind") == "VIEW":
        tree.meta[QUERY_TEXT] = query_of(_original_text.get() or sql)
    return tree


def query_of(sql: str) -> str:
    """Return the query of a CREATE VIEW as it was written."""
    parser = Parser(sql)
    parser.until({"AS"})
    start, end = parser.tokens[parser.i].end + 1, parser.tokens[-1].end + 1
    return sql[start:end].strip()  # with a leading comment, which is not a token


def _wrap_definition(definition: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def definition_as_written(tree: exp.Create, *names: str) -> dict[str, Any]:
        made = definition(tree, *names)
        for kind in {"view", "materializedView"} & made.keys():
            made[kind]["query"] = tree.meta.get(QUERY_TEXT, made[kind]["query"])
        return made

    return definition_as_written


class Views:
    """A record of views, which tells whether replacing one would change it."""

    def __init__(self, cache: AnalysisCache) -> None:
        """Use the cache for what views were created from."""
        self._cache = cache

    def make(self, text: str, scope: Scope, interpreter: Interpreter, run: Callable[[], None]) -> None:
        """Run a CREATE OR REPLACE VIEW, unless the view that it created in the same scope is still there."""
        context = interpreter.context
        key = "view", context.project_id, context.dataset_id, context.settings, text, scope
        known = self._cache.get(*key)
        if known and (statistics := _reuse_view(**json.loads(known))):
            interpreter.report(statistics)
        else:
            statistics = _run_statement(interpreter, run)
        if made := statistics and _describe_view(statistics):
            self._cache.put(json.dumps(made), *key)


def _run_statement(interpreter: Interpreter, run: Callable[[], None]) -> JobStatistics2 | None:
    """Run a statement; return its job's statistics."""
    reported: list[JobStatistics2 | None] = []
    run_sql = interpreter.run_sql

    def run_and_record(tree: exp.Expr) -> JobStatistics2 | None:
        reported.append(run_sql(tree))
        return reported[-1]

    interpreter.run_sql = run_and_record
    try:
        run()
    finally:
        interpreter.run_sql = run_sql
    return reported[-1]


def _describe_view(statistics: JobStatistics2) -> dict[str, Any] | None:
    """Return what identifies the view as the one created, or None if it expires."""
    reference = tables.reference(statistics.ddlTargetTable)
    resource = metadata.load(Table, *reference)
    if resource is None or resource.expirationTime:
        return None
    reported = statistics.replace(ddlOperationPerformed="REPLACE").dump()
    return {"statistics": reported, "snapshot": view_snapshot(*reference), "resource": resource.dump()}


def _reuse_view(statistics: dict[str, Any], snapshot: int, resource: dict[str, Any]) -> JobStatistics2 | None:
    """Make a view's resource what it was when created, such as its description; None if the view is gone."""
    reported = JobStatistics2.model_validate(statistics)
    reference = tables.reference(reported.ddlTargetTable)
    if view_snapshot(*reference) != snapshot or metadata.load(Table, *reference) is None:
        return None
    now = metadata.now()
    created = Table.model_validate(resource).replace(creationTime=now, lastModifiedTime=now)
    tables.record(*reference, created)
    return reported
