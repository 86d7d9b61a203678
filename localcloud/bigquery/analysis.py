"""What Google's analyser knows of a statement, with its earlier answers: what BigQuery refuses is refused.

What is not known well enough here (a wildcard, INFORMATION_SCHEMA, a table that does not exist) is left to
the engine.
"""

import json
import re
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa
from local_bigquery.errors import BigQueryError
from local_bigquery.sql import script

from localcloud.bigquery.analysis_cache import AnalysisCache
from localcloud.bigquery.billing import charge_expression
from localcloud.bigquery.call_rewriting import rewrite_calls
from localcloud.bigquery.costs import Costs, Text
from localcloud.bigquery.evaluation_choice import choose_evaluation
from localcloud.bigquery.googlesql import reading
from localcloud.bigquery.googlesql.analyser import Analyser, Analysis, Scope
from localcloud.bigquery.googlesql.evaluator import Evaluator
from localcloud.bigquery.googlesql.module import BrokenError, RefusedError
from localcloud.bigquery.googlesql.reading import Outline
from localcloud.bigquery.hidden_dates import Dates
from localcloud.bigquery.lake import one_look
from localcloud.bigquery.scope import JobInput, Reference, Scopes, UnknownError, resolve_name
from localcloud.bigquery.tableless_queries import evaluate_query
from localcloud.bigquery.views import query_of

# BigQuery ML and its like are not in GoogleSQL; connections and what ALTER and DROP name are the engine's.
NOT_CHECKED = re.compile(
    r"(?:[-\w ]*unction not found: (?:ML|AI|EXTERNAL_QUERY|VECTOR_SEARCH)\b|(?:Connection|Table) not found)",
    re.IGNORECASE,
)
POSITION = re.compile(r" at \[(\d+):(\d+)\]$")

current_job: ContextVar[JobInput] = ContextVar("job_input")


class Place(NamedTuple):
    """A statement's place in its script, and its text there: local-bigquery's parser changes some."""

    script: str
    start: int
    text: str


class _AnalysedStatement(NamedTuple):
    """What is kept of a statement: what it means, and its text with calls put to Google's engine."""

    analysis: Analysis
    text: str


class CheckedStatement(NamedTuple):
    """What a statement means and may see, its text for the engine, and Google's own answer, if any."""

    analysis: Analysis
    scope: Scope
    text: str
    answer: pa.Table | None


class StatementAnalyser:
    """The analyser, which answers one thread at a time, and its earlier answers."""

    def __init__(self, analyser: Analyser, evaluator: Evaluator, cache: AnalysisCache) -> None:
        """Analyse what is not in the cache."""
        self._analyser, self._evaluator = analyser, evaluator
        self._scopes, self._cache = Scopes(analyser, cache), cache
        self.costs = Costs(self.outline, self.reference)

    @one_look()
    def check(self, place: Place, text: str, interpreter: script.Interpreter) -> CheckedStatement | None:
        """Return what is known of a statement, or None; raise BigQueryError in Google's words."""
        job_input = current_job.get()
        with suppress(UnknownError, BrokenError):
            scope = self._scope(place.text, interpreter, job_input)
            analysis, engine_text = self._analyse(place, text, scope)
            if analysis.function:
                job_input.functions.update([analysis.function])
            answer = evaluate_query(self._evaluator, analysis, scope, text, interpreter)
            return CheckedStatement(analysis, scope, engine_text, answer)
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

    def prepare_part(
        self, statement: script.Statement, before: re.Pattern[str], interpreter: script.Interpreter
    ) -> script.Statement:
        """Return a statement with the expression after a keyword, if it has one, checked and prepared."""
        if not (found := before.search(statement.text)):
            return statement
        text = statement.text[found.end() :]
        prepared = self.prepare_expression(text, interpreter)
        return replace(statement, text=f"{statement.text[: found.end()]}{prepared}")

    @one_look()
    def prepare_expression(self, text: str, interpreter: script.Interpreter, prefix: str = "SELECT ") -> str:
        """Charge a script's expression, and return it with its calls put to Google's engine.

        With another prefix, the text is the rest of a query that begins with it, or a whole statement, which
        is charged when it runs. Raises BigQueryError if it is invalid.
        """
        whole, job_input = f"{prefix}{text}", current_job.get()
        with suppress(UnknownError, BrokenError):
            try:
                known = self._analyse(
                    Place(whole, 0, whole), whole, self._scope(whole, interpreter, job_input)
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

    def _analyse(self, place: Place, text: str, scope: Scope) -> _AnalysedStatement:
        dates = Dates(place.script)
        hidden = Place(dates.hide(place.script), place.start, dates.hide(place.text))
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

    def _run_analyser(self, place: Place, hidden: Place, scope: Scope) -> Analysis:
        """Return what a statement means; a refusal is reported for the text with its own dates."""
        try:
            return self._analyser.analyse(hidden.script, scope, hidden.start, choose_evaluation)
        except RefusedError:
            try:
                return self._analyser.analyse(place.script, scope, place.start, choose_evaluation)
            except RefusedError as refused:
                raise _refusal(refused) from refused

    def _keep_outline(self, place: Place, scope: Scope, outline: Outline) -> None:
        """Keep what a new view will read, under its query, by which the costs look it up."""
        query = query_of(place.text)
        before = place.script[: place.script.index(place.text, place.start) + place.text.index(query)]
        moved = outline.moved(-len(before.encode()))
        self._cache.put(json.dumps(moved.to_json()), "outline", Dates(query).hide(query), scope)


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


def _refusal(refused: RefusedError) -> BigQueryError:
    """Return a refusal in BigQuery's form; raises UnknownError for what is left to the engine."""
    if NOT_CHECKED.match(str(refused)):
        raise UnknownError(str(refused)) from refused
    return BigQueryError("invalidQuery", str(refused))
