"""Google's analyser before each statement runs: what BigQuery would refuse is refused, in its words.

A statement of a script is judged when it is its turn, as BigQuery does, with the tables, variables and
functions that are there by then. What is not known here well enough (a wildcard, INFORMATION_SCHEMA, a table
that is not there, EXECUTE IMMEDIATE) is left to the engine.
"""

import json
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import query
from local_bigquery.sql import script

from localcloud.bigquery.billing import Budget, charged
from localcloud.bigquery.costs import Costs, Text
from localcloud.bigquery.googlesql import reading
from localcloud.bigquery.googlesql.analyser import Analyser, Analysis, Scope
from localcloud.bigquery.googlesql.module import BrokenError, Module, RefusedError
from localcloud.bigquery.googlesql.reading import Scan
from localcloud.bigquery.kept import Kept
from localcloud.bigquery.scope import Given, Reference, Scopes, UnknownError, referred
from localcloud.bigquery.views import Views

# BigQuery ML and its kin are no part of GoogleSQL; connections and what ALTER and DROP name are the engine's.
NOT_JUDGED = re.compile(
    r"(?:[-\w ]*unction not found: (?:ML|AI|EXTERNAL_QUERY|VECTOR_SEARCH)\b|(?:Connection|Table) not found)",
    re.IGNORECASE,
)
VIEW = re.compile(r"\s*CREATE\s+OR\s+REPLACE\s+VIEW\b", re.IGNORECASE)

_given: ContextVar[Given] = ContextVar("given")


class _Place(NamedTuple):
    """A statement within its script."""

    script: str
    start: int


def judge_statements(folder: Path) -> None:
    """Have each statement judged before it runs; says so, once, where the engine cannot be loaded.

    What was found of statements is kept in the folder.
    """
    try:
        analyser = Analyser(Module())
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with a young package, BigQuery serves
        print(f"Google's SQL engine cannot be loaded, so no SQL is judged: {error!r}", file=sys.stderr)
        return
    kept = Kept(folder / "statements.sqlite")
    script.Parser.statement = _placing(script.Parser.statement)
    judge = _Judge(analyser, kept)
    script.Interpreter.sql = _judging(judge, Views(kept), script.Interpreter.sql)
    query.execute = _noting(query.execute)


def _placing(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Keep where a statement stands in its script."""

    def parse_and_place(parser: script.Parser) -> script.Statement:
        start = parser.tokens[parser.i].start
        statement = parse(parser)
        statement.place = _Place(parser.sql, start)
        return statement

    return parse_and_place


def _judging(judge: "_Judge", views: Views, run: Callable[..., None]) -> Callable[..., None]:
    costs = Costs(judge.scans, judge.reference)

    def judge_and_run(interpreter: script.Interpreter, statement: script.Statement) -> None:
        place = getattr(statement, "place", None)
        judged = judge.check(place, statement.text, interpreter) if place else None
        if judged is None or place is None:
            run(interpreter, statement)
            return
        scope, scans = judged
        if VIEW.match(statement.text) and not _given.get().is_dry:
            views.make(statement.text, scope, interpreter, partial(run, interpreter, statement))
            return
        cost = costs.of(
            scans, Text(place.script.encode(), len(place.script[: place.start].encode()), interpreter)
        )
        if not _given.get().is_dry:
            _given.get().budget.spend(cost)
        with charged(cost):
            run(interpreter, statement)

    return judge_and_run


def _noting(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what a job is given, and its session's temporary functions, while its statements run."""

    def execute_noted(*arguments: Any, session: Any = None, **settings: Any) -> Any:
        config = arguments[3]
        kept = {} if session is None else session.__dict__.setdefault("functions", {})
        parameters = [each.dump() for each in config.queryParameters or []]
        most = config.maximumBytesBilled
        budget = Budget(None if most is None else int(most))
        token = _given.set(Given(parameters, kept, bool(settings.get("dry_run")), budget))
        try:
            return execute(*arguments, session=session, **settings)
        finally:
            _given.reset(token)

    return execute_noted


class _Judge:
    """The analyser, asked by one thread at a time, and what it said before."""

    def __init__(self, analyser: Analyser, kept: Kept) -> None:
        self._analyser, self._scopes, self._lock = analyser, Scopes(analyser), Lock()
        self._kept = kept

    def check(
        self, place: _Place, text: str, interpreter: script.Interpreter
    ) -> tuple[Scope, list[Scan]] | None:
        """Return what a statement may see and what it reads, or None where that is not known.

        Raises BigQueryError with Google's message for a statement that BigQuery would refuse.
        """
        given = _given.get()
        with self._lock, suppress(UnknownError, BrokenError):
            try:
                scope = self._scopes.of(text, interpreter, given)
                analysis = self._analysis(place, scope)
                if function := analysis.function:
                    given.functions.update([function])
            except RefusedError as refused:
                if NOT_JUDGED.match(str(refused)):
                    return None
                raise BigQueryError("invalidQuery", str(refused)) from refused
            return scope, analysis.scans
        return None

    def scans(self, text: str, interpreter: script.Interpreter) -> list[Scan]:
        """Return what a query reads, and nothing where that is not known."""
        with self._lock, suppress(UnknownError, BrokenError, RefusedError):
            scope = self._scopes.of(text, interpreter, Given())
            return self._analysis(_Place(text, 0), scope).scans
        return []

    def reference(self, parts: list[str], interpreter: script.Interpreter) -> Reference:
        """Return the table that a name's parts mean."""
        return referred(parts, interpreter.context.project_id, interpreter.context.dataset_id)

    def _analysis(self, place: _Place, scope: Scope) -> Analysis:
        if known := self._kept.get("analysis", place, scope):
            found = json.loads(known)
            return Analysis(columns=found["columns"], scans=reading.read(found["scans"]))
        analysis = self._analyser.analyse(place.script, scope, place.start)
        if analysis.function is None:  # which is no text, and quick to find out again
            found = {"columns": analysis.columns, "scans": reading.written(analysis.scans)}
            self._kept.put(json.dumps(found), "analysis", place, scope)
        return analysis
