"""Each statement is checked before it runs: what BigQuery refuses is refused, in its words.

A statement of a script is checked when its turn comes, as in BigQuery, with the tables, variables and
functions that exist by then; so are the expressions that a script evaluates.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import query
from local_bigquery.sql import script

from localcloud.bigquery.analysis import CheckedStatement, Place, StatementAnalyser, current_job
from localcloud.bigquery.analysis_cache import AnalysisCache
from localcloud.bigquery.billing import Budget, report_cost
from localcloud.bigquery.costs import Text
from localcloud.bigquery.evaluation_macros import create_macros
from localcloud.bigquery.google_functions import register_functions
from localcloud.bigquery.googlesql.analyser import Analyser
from localcloud.bigquery.googlesql.evaluator import Evaluator
from localcloud.bigquery.googlesql.module import Module
from localcloud.bigquery.result_types import set_result_columns, type_results
from localcloud.bigquery.scope import JobInput
from localcloud.bigquery.tableless_queries import select_answer
from localcloud.bigquery.views import Views, keep_original_text

VIEW = re.compile(r"\s*CREATE\s+OR\s+REPLACE\s+VIEW\b", re.IGNORECASE)
# Statements that BigQuery has (GoogleSQL also has EXPLAIN), and of which the analyser checks every name.
ROWS = re.compile(r"[\s(]*(?:SELECT|WITH|FROM|INSERT|UPDATE|DELETE|MERGE|CREATE\b.*\bTABLE)\b", re.I)
UNBOUND = (duckdb.BinderException, duckdb.ParserException, duckdb.NotImplementedException)
# Where the expression of a DECLARE or SET begins.
DEFAULT, EQUALS = re.compile(r"\bDEFAULT\b", re.IGNORECASE), re.compile("=")

_executed: ContextVar[script.Interpreter | None] = ContextVar("executed", default=None)


def check_statements(folder: Path) -> None:
    """Patch the engine to check statements before they run; warn once if Google's engine cannot be loaded.

    What is found out about statements is kept in the folder.
    """
    try:
        module = Module()
        analyser, evaluator = Analyser(module), Evaluator(module)
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with a young package, BigQuery serves
        print(f"Google's SQL engine cannot be loaded, so SQL runs unchecked: {error!r}", file=sys.stderr)
        return
    create_macros()
    register_functions(evaluator)
    type_results()
    cache = AnalysisCache(folder / "statements.sqlite")
    statements = StatementAnalyser(analyser, evaluator, cache)
    script.Parser.statement = _wrap_parse_statement(script.Parser.statement)
    script.Interpreter.sql = _wrap_sql(statements, Views(cache), script.Interpreter.sql)
    _patch_expressions(statements, script.Interpreter)
    query.execute = _wrap_execute(query.execute)


def _wrap_parse_statement(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Record where a statement stands in its script."""

    def parse_and_place(parser: script.Parser) -> script.Statement:
        first = parser.i
        statement = parse(parser)
        start = parser.tokens[first].start
        statement.place = Place(parser.sql, start, parser.text(first, parser.i))
        return statement

    return parse_and_place


def _wrap_sql(statements: StatementAnalyser, views: Views, run: Callable[..., None]) -> Callable[..., None]:
    def check_and_run(interpreter: script.Interpreter, statement: script.Statement) -> None:
        place = getattr(statement, "place", None)
        checked = statements.check(place, statement.text, interpreter) if place else None
        if checked is None or place is None:
            run(interpreter, statement)
            return
        running = partial(_run, run, checked, interpreter, statement)
        if VIEW.match(statement.text) and not current_job.get().is_dry:
            views.make(statement.text, checked.scope, interpreter, running)
            return
        text = Text(place.script.encode(), len(place.script[: place.start].encode()), interpreter)
        cost = statements.costs.of(checked.analysis.scans, text)
        if not current_job.get().is_dry:
            current_job.get().budget.spend(cost)
        with report_cost(cost):
            running()

    return check_and_run


def _run(
    run: Callable[..., None],
    checked: CheckedStatement,
    interpreter: script.Interpreter,
    statement: script.Statement,
) -> None:
    """Run a statement as it was prepared, or select Google's answer."""
    if checked.answer is None:
        with (
            set_result_columns(checked.analysis.columns),
            keep_original_text(statement.text),
            _tell_unsupported(statement.text),
        ):
            run(interpreter, replace(statement, text=checked.text))
    else:
        with select_answer(checked.answer, checked.analysis, statement, interpreter) as selection:
            run(interpreter, selection)


@contextmanager
def _tell_unsupported(text: str) -> Iterator[None]:
    """Answer 501 instead of 400 where the engine cannot parse or bind what Google's analyser accepts."""
    try:
        yield
    except BigQueryError as refused:
        is_unknown = isinstance(refused.__cause__, UNBOUND) or refused.message.startswith("Syntax error")
        if refused.reason == "invalidQuery" and is_unknown and ROWS.match(text):
            message = f"Valid, but not supported by the local BigQuery: {refused.message}"
            raise BigQueryError("notImplemented", message) from refused
        raise


def _patch_expressions(statements: StatementAnalyser, interpreter: type[script.Interpreter]) -> None:
    """Check a script's expressions as well: those of DECLARE, SET, IF, WHILE, FOR and EXECUTE IMMEDIATE."""
    evaluate, declare, assign = interpreter.evaluate, interpreter.declare, interpreter.set
    for_each, execute, parse = interpreter.for_each, interpreter.execute, script.parse

    def evaluate_prepared(self: script.Interpreter, sql: str) -> Any:
        return evaluate(self, statements.prepare_expression(sql, self))

    def declare_prepared(self: script.Interpreter, statement: script.Statement) -> None:
        declare(self, statements.prepare_part(statement, DEFAULT, self))

    def set_prepared(self: script.Interpreter, statement: script.Statement) -> None:
        assign(self, statements.prepare_part(statement, EQUALS, self))

    def for_each_prepared(self: script.Interpreter, statement: script.Statement) -> None:
        text = statements.prepare_expression(statement.text, self, "SELECT * FROM ")
        for_each(self, replace(statement, text=text))

    def execute_prepared(self: script.Interpreter, statement: script.Statement) -> None:
        token = _executed.set(self)
        try:
            execute(self, statement)
        finally:
            _executed.reset(token)

    def parse_prepared(sql: str) -> Any:
        if (executing := _executed.get()) is None:
            return parse(sql)
        _executed.set(None)
        return parse(statements.prepare_expression(sql, executing, ""))

    interpreter.evaluate, interpreter.declare, interpreter.set = (
        evaluate_prepared,
        declare_prepared,
        set_prepared,
    )
    interpreter.for_each, interpreter.execute = for_each_prepared, execute_prepared
    script.parse = parse_prepared


def _wrap_execute(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what a job is given, and its session's temporary functions, while its statements run."""

    def execute_with_input(*arguments: Any, session: Any = None, **settings: Any) -> Any:
        config = arguments[3]
        most = config.maximumBytesBilled
        job_input = JobInput(
            parameters=[each.dump() for each in config.queryParameters or []],
            functions={} if session is None else session.__dict__.setdefault("functions", {}),
            is_dry=bool(settings.get("dry_run")),
            budget=Budget(None if most is None else int(most)),
            script=config.query or "",
        )
        token = current_job.set(job_input)
        try:
            return execute(*arguments, session=session, **settings)
        finally:
            current_job.reset(token)

    return execute_with_input
