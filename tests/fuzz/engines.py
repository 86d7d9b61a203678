"""The two that are asked: the local BigQuery, and Google's own engine; and whether they say the same."""

import math
from collections.abc import Sequence
from typing import Any

from google.api_core.exceptions import GoogleAPICallError, MethodNotImplemented
from google.cloud import bigquery

from localcloud.bigquery.googlesql.evaluator import BeyondError, Evaluator
from localcloud.bigquery.googlesql.module import BrokenError, Module, RefusedError
from localcloud.bigquery.googlesql.values import UntoldError
from tests.fuzz import edges, queries

DATASET = "fuzzed"
COLUMNS = {**{edges.name(kind): f"n INT64, v {of}" for kind, of in edges.COLUMNS.items()}}
COLUMNS |= {name: columns for name, (columns, _) in queries.TABLES.items()}
ROWS = {edges.name(kind): edges.rows(kind) for kind in edges.EDGES}
ROWS |= {name: rows for name, (_, rows) in queries.TABLES.items()}


class Refused(str):
    """What an engine says of a query that it refuses."""

    __slots__ = ()


class NotHere(Refused):
    """What the local BigQuery says of a query that it plainly does not answer: 501."""

    __slots__ = ()


class Unknown(Exception):  # noqa: N818 -- no error: nobody knows
    """Google's engine does not answer a query of this kind."""


class Google:
    """The reference implementation, which is told the tables in a WITH."""

    def __init__(self) -> None:
        self._evaluator = Evaluator(Module())

    def ask(self, sql: str) -> list[list[Any]] | Refused:
        """Return the rows of a query of the tables of ROWS; raises Unknown."""
        told = [f"{name} AS ({rows})" for name, rows in ROWS.items() if name in sql]
        comma = ", " if sql.startswith("WITH ") else " "
        whole = f"WITH {', '.join(told)}{comma}{sql.removeprefix('WITH ')}" if told else sql
        try:
            return [list(row) for row in self._evaluator.answer(whole).rows]
        except RefusedError as refused:
            return Refused(refused)
        except (BeyondError, BrokenError, UntoldError) as beyond:
            raise Unknown(str(beyond)) from beyond


class Local:
    """The local BigQuery, with the tables in a dataset."""

    def __init__(self, client: bigquery.Client) -> None:
        self._client = client
        client.create_dataset(DATASET, exists_ok=True)
        default = bigquery.DatasetReference(client.project, DATASET)
        self._config = bigquery.QueryJobConfig(default_dataset=default)
        for name, columns in COLUMNS.items():
            self._run(f"CREATE OR REPLACE TABLE {name} ({columns}); INSERT INTO {name} {ROWS[name]}")

    def _run(self, sql: str) -> list[list[Any]]:
        found = self._client.query_and_wait(sql, job_config=self._config, retry=None, job_retry=None)
        return [list(row.values()) for row in found]

    def ask(self, sql: str) -> list[list[Any]] | Refused:
        """Return the rows of a query."""
        try:
            return self._run(sql)
        except MethodNotImplemented as refused:
            return NotHere(refused.message)
        except (GoogleAPICallError, ValueError, OverflowError) as refused:
            return Refused(refused)

    def ask_changed(self, change: str, sql: str) -> list[list[Any]] | Refused:
        """Return the rows of a query after a change of `changed`, which begins as `sales` is."""
        return self.ask(f"CREATE OR REPLACE TABLE changed AS SELECT * FROM sales; {change}; {sql}")


def alike(ours: Any, googles: Any) -> bool:
    """Say whether two values are the same; an array that is NULL comes as an empty one, as documented."""
    if isinstance(ours, float) and isinstance(googles, float):
        return _alike_floats(ours, googles)
    if isinstance(ours, dict) and isinstance(googles, dict):
        return alike(list(ours.values()), list(googles.values()))
    if ours == [] and googles is None:
        return True
    if isinstance(ours, list) and isinstance(googles, list):
        return len(ours) == len(googles) and all(map(alike, ours, googles))
    return type(ours) is type(googles) and ours == googles


def _alike_floats(one: float, other: float) -> bool:
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=1e-13) and math.copysign(1, one) == math.copysign(1, other)


def ordered(rows: Sequence[Any]) -> list[Any]:
    """Return rows in one order, whatever theirs was."""
    return sorted(rows, key=repr)
