"""Query parameters are written into queries: DuckDB runs one with bound ones just to learn its schema."""

from collections.abc import Callable
from typing import Any

from local_bigquery.sql import params
from sqlglot import exp

type Bound = tuple[dict[str, str], dict[str, Any]]


def write_parameters() -> None:
    """Patch the engine to write parameters as literals. Call once per process."""
    params.bind = _wrap_bind(params.bind)


def _wrap_bind(bind: Callable[..., Bound]) -> Callable[..., Bound]:
    def bind_as_literals(parameters: list[Any]) -> Bound:
        expressions, values = bind(parameters)
        literals = {name: exp.convert(value).sql(dialect="duckdb") for name, value in values.items()}
        return {
            name: expression.replace(f"${name}", literals[name]) for name, expression in expressions.items()
        }, {}

    return bind_as_literals
