"""Datasets whose table names ignore case: `is_case_insensitive`.

The name in a request for such a table is replaced by the one that the table was created with.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from local_bigquery.catalog import metadata
from local_bigquery.engine import database

IGNORES_CASE = """
SELECT 1 FROM emulator.datasets
WHERE project_id = ? AND dataset_id = ? AND (resource ->> 'isCaseInsensitive') = 'true'"""
RECORDED = "SELECT table_id FROM emulator.tables WHERE project_id = ? AND dataset_id = ?"
TABLE_KEYS = ("project_id", "dataset_id", "table_id")

type Rows = list[tuple[str, str, int]]


def ignore_case_of_names() -> None:
    """Patch the engine to find such tables. Call once per process."""
    objects = database.objects

    def stored_name(project: str, dataset: str, table: str) -> str:
        if not metadata.fetch(IGNORES_CASE, [project, dataset]):
            return table
        recorded = [name for (name,) in metadata.fetch(RECORDED, [project, dataset])]
        names = [*(name for name, *_ in objects(project, dataset)), *recorded]
        return next((name for name in names if name.casefold() == table.casefold()), table)

    def objects_ignoring_case(project: str, dataset: str, table: str | None = None) -> Rows:
        return list(objects(project, dataset, table and stored_name(project, dataset, table)))

    def wrap_call(call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def call_with_stored_name(of: Any, *keys: str) -> Any:
            kind = metadata.KINDS[of if isinstance(of, type) else type(of)]
            if len(keys) > 2 and database.RESOURCES[kind][:3] == TABLE_KEYS:
                keys = (*keys[:2], stored_name(*keys[:3]), *keys[3:])
            return call(of, *keys)

        return call_with_stored_name

    database.objects = objects_ignoring_case
    metadata.list_, metadata.save = wrap_call(metadata.list_), wrap_call(metadata.save)
    metadata.delete = wrap_call(metadata.delete)
