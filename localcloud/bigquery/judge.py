"""Google's analyser judges each statement before it runs: what BigQuery refuses is refused, in its words.

A statement of a script is judged when its turn comes, as in BigQuery, with the tables, variables and
functions that exist by then; so are the expressions that a script evaluates. What is not known well enough
here (a wildcard, INFORMATION_SCHEMA, a table that does not exist) is left to the engine.
"""

import json
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import query
from local_bigquery.sql import script

from localcloud.bigquery.analysis_cache import AnalysisCache
from localcloud.bigquery.billing import Budget, charge_expression, report_cost
from localcloud.bigquery.call_rewriting import rewrite_calls
from localcloud.bigquery.costs import Costs, Text
from localcloud.bigquery.evaluation_choice import choose_evaluation
from localcloud.bigquery.evaluation_macros import create_macros
from localcloud.bigquery.google_functions import register_functions
from localcloud.bigquery.googlesql import reading
from localcloud.bigquery.googlesql.analyser import Analyser, Analysis, Scope
from localcloud.bigquery.googlesql.evaluator import Evaluator
from localcloud.bigquery.googlesql.module import BrokenError, Module, RefusedError
from localcloud.bigquery.googlesql.reading import Outline
from localcloud.bigquery.hidden_dates import Dates
from localcloud.bigquery.result_types import set_result_columns, type_results
from localcloud.bigquery.scope import JobInput, Reference, Scopes, UnknownError, resolve_name
from localcloud.bigquery.tableless_queries import evaluate_query, select_answer
from localcloud.bigquery.views import Views, keep_original_text, query_of

# BigQuery ML and its like are not in GoogleSQL; connections and what ALTER and DROP name are the engine's.
NOT_JUDGED = re.compile(
    r"(?:[-\w ]*unction not found: (?:ML|AI|EXTERNAL_QUERY|VECTOR_SEARCH)\b|(?:Connection|Table) not found)",
    re.IGNORECASE,
)
VIEW = re.compile(r"\s*CREATE\s+OR\s+REPLACE\s+VIEW\b", re.IGNORECASE)
# Where the expression of a DECLARE or SET begins.
DEFAULT, EQUALS = re.compile(r"\bDEFAULT\b", re.IGNORECASE), re.compile("=")
POSITION = re.compile(r" at \[(\d+):(\d+)\]$")

_job_input: ContextVar[JobInput] = ContextVar("job_input")
_executed: ContextVar[script.Interpreter | None] = ContextVar("executed", default=None)


class _Place(NamedTuple):
    """A statement's place in its script, and its text there: local-bigquery's parser changes some."""

    script: str
    start: int
    text: str


class _AnalysedStatement(NamedTuple):
    """What is kept of a statement: what it means, and its text with calls put to Google's engine."""

    analysis: Analysis
    text: str


class _Verdict(NamedTuple):
    """What a statement means and may see, its text for the engine, and Google's own answer, if any."""

    analysis: Analysis
    scope: Scope
    text: str
    answer: pa.Table | None


def judge_statements(folder: Path) -> None:
    """Patch the engine to judge statements before they run; warn once if Google's engine cannot be loaded.

    What is found out about statements is kept in the folder.
    """
    try:
        module = Module()
        analyser, evaluator = Analyser(module), Evaluator(module)
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with a young package, BigQuery serves
        print(f"Google's SQL engine cannot be loaded, so SQL runs unchecked: {error!r}", file=sys.stderr)
        return
    register_functions(evaluator)
    create_macros()
    type_results()
    cache = AnalysisCache(folder / "statements.sqlite")
    judge = _Judge(analyser, evaluator, cache)
    script.Parser.statement = _wrap_parse_statement(script.Parser.statement)
    script.Interpreter.sql = _wrap_sql(judge, Views(cache), script.Interpreter.sql)
    _patch_expressions(judge, script.Interpreter)
    query.execute = _wrap_execute(query.execute)


def _wrap_parse_statement(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Record where a statement stands in its script."""

    def parse_and_place(parser: script.Parser) -> script.Statement:
        first = parser.i
        statement = parse(parser)
        start = parser.tokens[first].start
        statement.place = _Place(parser.sql, start, parser.text(first, parser.i))
        return statement

    return parse_and_place


def _wrap_sql(judge: "_Judge", views: Views, run: Callable[..., None]) -> Callable[..., None]:
    def judge_and_run(interpreter: script.Interpreter, statement: script.Statement) -> None:
        place = getattr(statement, "place", None)
        verdict = judge.check(place, statement.text, interpreter) if place else None
        if verdict is None or place is None:
            run(interpreter, statement)
            return
        running = partial(_run, run, verdict, interpreter, statement)
        if VIEW.match(statement.text) and not _job_input.get().is_dry:
            views.make(statement.text, verdict.scope, interpreter, running)
            return
        text = Text(place.script.encode(), len(place.script[: place.start].encode()), interpreter)
        cost = judge.costs.of(verdict.analysis.scans, text)
        if not _job_input.get().is_dry:
            _job_input.get().budget.spend(cost)
        with report_cost(cost):
            running()

    return judge_and_run


def _run(
    run: Callable[..., None], verdict: _Verdict, interpreter: script.Interpreter, statement: script.Statement
) -> None:
    """Run a statement as it was judged, or select Google's answer."""
    if verdict.answer is None:
        with set_result_columns(verdict.analysis.columns), keep_original_text(statement.text):
            run(interpreter, replace(statement, text=verdict.text))
    else:
        with select_answer(verdict.answer, verdict.analysis, statement, interpreter) as selection:
            run(interpreter, selection)


def _patch_expressions(judge: "_Judge", interpreter: type[script.Interpreter]) -> None:
    """Judge a script's expressions as well: those of DECLARE, SET, IF, WHILE, FOR and EXECUTE IMMEDIATE."""
    evaluate, declare, assign = interpreter.evaluate, interpreter.declare, interpreter.set
    for_each, execute, parse = interpreter.for_each, interpreter.execute, script.parse

    def evaluate_judged(self: script.Interpreter, sql: str) -> Any:
        return evaluate(self, judge.judge_expression(sql, self))

    def declare_judged(self: script.Interpreter, statement: script.Statement) -> None:
        declare(self, judge.judge_part(statement, DEFAULT, self))

    def set_judged(self: script.Interpreter, statement: script.Statement) -> None:
        assign(self, judge.judge_part(statement, EQUALS, self))

    def for_each_judged(self: script.Interpreter, statement: script.Statement) -> None:
        text = judge.judge_expression(statement.text, self, "SELECT * FROM ")
        for_each(self, replace(statement, text=text))

    def execute_judged(self: script.Interpreter, statement: script.Statement) -> None:
        token = _executed.set(self)
        try:
            execute(self, statement)
        finally:
            _executed.reset(token)

    def parse_judged(sql: str) -> Any:
        if (executing := _executed.get()) is None:
            return parse(sql)
        _executed.set(None)
        return parse(judge.judge_expression(sql, executing, ""))

    interpreter.evaluate, interpreter.declare, interpreter.set = evaluate_judged, declare_judged, set_judged
    interpreter.for_each, interpreter.execute = for_each_judged, execute_judged
    script.parse = parse_judged


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
        token = _job_input.set(job_input)
        try:
            return execute(*arguments, session=session, **settings)
        finally:
            _job_input.reset(token)

    return execute_with_input


def _move_position(message: str, whole: str, text: str, prefix: str) -> str:
    """Return a message with its position ("at [2:8]") moved to that in the script, if it has the text."""
    inner = text.removeprefix("CAST((").removesuffix(") AS BOOL)")
    start, found = whole.find(inner) if prefix else -1, POSITION.search(message)
    if start < 0 or not found:
        return message
    row, column = map(int, found.groups())
    if row == 1:
        column += len(whole[:start].rpartition("\n")[2]) - len(prefix) - text.find(inner)
    return f"{message[: found.start()]} at [{row + whole[:start].count('\n')}:{column}]"


class _Judge:
    """The analyser, which answers one thread at a time, and its earlier answers."""

    def __init__(self, analyser: Analyser, evaluator: Evaluator, cache: AnalysisCache) -> None:
        self._analyser, self._evaluator = analyser, evaluator
        self._scopes, self._cache = Scopes(analyser, cache), cache
        self.costs = Costs(self.outline, self.reference)

    def check(self, place: _Place, text: str, interpreter: script.Interpreter) -> _Verdict | None:
        """Return what is known of a statement, or None; raise BigQueryError in Google's words."""
        job_input = _job_input.get()
        with suppress(UnknownError, BrokenError):
            scope = self._scope(place.text, interpreter, job_input)
            analysis, engine_text = self._analyse(place, text, scope)
            if analysis.function:
                job_input.functions.update([analysis.function])
            answer = evaluate_query(self._evaluator, analysis, scope, text, interpreter)
            return _Verdict(analysis, scope, engine_text, answer)
        return None

    def outline(self, query: str, interpreter: script.Interpreter) -> Outline | None:
        """Return what a view's query reads, or None if that is not known."""
        with suppress(UnknownError, BrokenError, BigQueryError, RefusedError):
            scope = self._scopes.of(query, interpreter, JobInput())
            name = "outline", Dates(query).hide(query), scope
            if known := self._cache.get(*name):
                return Outline.from_json(json.loads(known))
            if found := self._analyser.analyse(query, scope).outline:
                self._cache.put(json.dumps(found.to_json()), *name)
            return found
        return None

    def reference(self, parts: list[str], interpreter: script.Interpreter) -> Reference:
        """Return the table that the parts of a name refer to."""
        return resolve_name(parts, interpreter.context.project_id, interpreter.context.dataset_id)

    def judge_part(
        self, statement: script.Statement, before: re.Pattern[str], interpreter: script.Interpreter
    ) -> script.Statement:
        """Return a statement with the expression after a keyword, if it has one, judged."""
        if not (found := before.search(statement.text)):
            return statement
        text = statement.text[found.end() :]
        judged = self.judge_expression(text, interpreter)
        return replace(statement, text=f"{statement.text[: found.end()]}{judged}")

    def judge_expression(self, text: str, interpreter: script.Interpreter, prefix: str = "SELECT ") -> str:
        """Charge a script's expression, and return it with its calls put to Google's engine.

        With another prefix, the text is the rest of a query that begins with it, or a whole statement, which
        is charged when it runs. Raises BigQueryError if it is invalid.
        """
        whole, job_input = f"{prefix}{text}", _job_input.get()
        with suppress(UnknownError, BrokenError):
            try:
                known = self._analyse(
                    _Place(whole, 0, whole), whole, self._scope(whole, interpreter, job_input)
                )
            except BigQueryError as refused:
                raise BigQueryError(
                    "invalidQuery", _move_position(refused.message, job_input.script, text, prefix)
                ) from refused
            if prefix:
                cost = self.costs.of(known.analysis.scans, Text(whole.encode(), 0, interpreter))
                job_input.budget.spend(cost)
                charge_expression(cost)
            return known.text.removeprefix(prefix)
        return text

    def _scope(self, text: str, interpreter: script.Interpreter, job_input: JobInput) -> Scope:
        try:
            return self._scopes.of(text, interpreter, job_input)
        except RefusedError as refused:  # the text cannot be parsed, and the position is its own
            raise _refusal(refused) from refused

    def _analyse(self, place: _Place, text: str, scope: Scope) -> _AnalysedStatement:
        dates = Dates(place.script)
        hidden = _Place(dates.hide(place.script), place.start, dates.hide(place.text))
        if known := self._cache.get("analysis", hidden, dates.hide(text), scope):
            found = json.loads(known)
            analysis = Analysis(columns=found["columns"], scans=reading.from_json(found["scans"]))
            return _AnalysedStatement(analysis, dates.restore(found["text"]))
        analysis = self._run_analyser(place, hidden, scope)
        is_changed = text != place.text  # CREATE TABLE FUNCTION, whose calls are not put to Google's engine
        engine_text = dates.hide(text)
        if not is_changed:
            engine_text = rewrite_calls(hidden.script, hidden.start, engine_text, analysis.calls)
        if analysis.function is None:  # which is not text, and quick to find out again
            found = {
                "columns": analysis.columns,
                "scans": reading.to_json(analysis.scans),
                "text": engine_text,
            }
            self._cache.put(json.dumps(found), "analysis", hidden, dates.hide(text), scope)
        if analysis.outline and analysis.relation:
            self._keep_outline(place, scope, analysis.outline)
        return _AnalysedStatement(analysis, dates.restore(engine_text))

    def _run_analyser(self, place: _Place, hidden: _Place, scope: Scope) -> Analysis:
        """Return what a statement means; a refusal is reported for the text with its own dates."""
        try:
            return self._analyser.analyse(hidden.script, scope, hidden.start, choose_evaluation)
        except RefusedError:
            try:
                return self._analyser.analyse(place.script, scope, place.start, choose_evaluation)
            except RefusedError as refused:
                raise _refusal(refused) from refused

    def _keep_outline(self, place: _Place, scope: Scope, outline: Outline) -> None:
        """Keep what a new view will read, under its query, by which the costs look it up."""
        query = query_of(place.text)
        before = place.script[: place.script.index(place.text, place.start) + place.text.index(query)]
        moved = outline.moved(-len(before.encode()))
        self._cache.put(json.dumps(moved.to_json()), "outline", Dates(query).hide(query), scope)


def _refusal(refused: RefusedError) -> BigQueryError:
    """Return a refusal in BigQuery's form; raises UnknownError for what is left to the engine."""
    if NOT_JUDGED.match(str(refused)):
        raise UnknownError(str(refused)) from refused
    return BigQueryError("invalidQuery", str(refused))
