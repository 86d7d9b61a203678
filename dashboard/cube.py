"""Read the dashboard's data: small tables, aggregated in SQL, packed column by column."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

from google.cloud.bigquery import Client

from components.shared.queries import read_sql, run_query
from components.write_predictions.bands import RISK_BANDS
from dashboard.extent import Extent

QUERIES = Path(__file__).parent / "queries"
TABLES = (
    *("sales", "visits", "customers", "retention", "startups"),
    *("risk", "calls", "lapsed", "quality", "campaigns", "freshness", "rejects"),
)
OF_SOURCE = {"visits": "clickstream", "startups": "startups"}  # tables of sources that may be switched off
SHORTEST_KEY = 8
AT_A_TIME = 4

type Column = Sequence[Any] | dict[str, Sequence[Any]]


def read_cube(client: Client, dataset: str) -> dict[str, Any]:
    """Return the page's data: the extent, and each table as columns."""

    def rows(name: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        sql = read_sql(QUERIES / f"{name}.sql", project=client.project, dataset=dataset)
        return [dict(row) for row in run_query(client, sql, parameters)]

    [found] = rows("extent", {})
    extent = Extent.of(found)
    parameters = extent.parameters()
    there = [name for name in TABLES if OF_SOURCE.get(name, "sales") in (*extent.sources, "sales")]
    with ThreadPoolExecutor(AT_A_TIME) as threads:
        found_rows = dict(zip(there, threads.map(lambda name: rows(name, parameters), there), strict=True))
    tables = {name: found_rows.get(name, []) for name in TABLES}
    shorten_keys([*tables["calls"], *tables["lapsed"]])
    return {
        "as_of": extent.as_of.isoformat(),
        "prediction_date": extent.prediction_date.isoformat(),
        "first_day": extent.first_day.isoformat(),
        "high_risk": RISK_BANDS["high_risk"],
        "period_days": extent.period_days,
        "hidden_currencies": extent.hidden_currencies,
        "hidden_tables": [name for name in TABLES if name not in there],
        "tables": {name: pack(table) for name, table in tables.items()},
    }


def shorten_keys(rows: Sequence[dict[str, Any]]) -> None:
    """Cut the customers' pseudonyms to the fewest characters, 8 or more, that tell them apart."""
    keys = {row["customer_key"] for row in rows}
    length = SHORTEST_KEY
    while len({key[:length] for key in keys}) < len(keys):
        length += 1
    for row in rows:
        row["customer_key"] = row["customer_key"][:length]


def pack(rows: Sequence[Mapping[str, Any]]) -> dict[str, Column]:
    """Return a table's columns by name; a text column as its distinct values and an index per row."""
    return {name: _pack_column([row[name] for row in rows]) for name in (rows[0] if rows else ())}


def _pack_column(values: Iterable[Any]) -> Column:
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    if not any(isinstance(value, str) for value in plain):
        return plain
    index = {text: number for number, text in enumerate(dict.fromkeys(plain))}
    return {"texts": list(index), "rows": [index[text] for text in plain]}
