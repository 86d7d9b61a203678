"""The tables of the warehouse, with their descriptions."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

from google.api_core.exceptions import NotFound
from google.cloud import bigquery

AT_ONCE = 8  # concurrent requests for tables; the client keeps ten connections


@dataclass(frozen=True)
class Column:
    """A column; kind is its type in SQL, such as ARRAY<STRING>."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True)
class Table:
    """A table or view; rows is None for a view."""

    dataset: str
    name: str
    kind: str
    rows: int | None
    description: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Catalogue:
    """All tables of some datasets; those of `home` can be named without their dataset."""

    home: str
    tables: tuple[Table, ...]

    def written(self, table: Table) -> str:
        """Return a table's name as a query can refer to it."""
        return table.name if table.dataset == self.home else f"{table.dataset}.{table.name}"

    def find(self, name: str) -> Table | None:
        """Return the table that a name, with or without its dataset, refers to, or None."""
        parts = name.strip("`; ").split(".")
        fitting = [table for table in self.tables if [table.dataset, table.name][-len(parts) :] == parts]
        return next(iter(sorted(fitting, key=lambda table: table.dataset != self.home)), None)


def read_catalogue(client: bigquery.Client, home: str, others: Iterable[str]) -> Catalogue:
    """Return the tables of the datasets that exist; raise NotFound if `home` does not."""
    listed = [*client.list_tables(home), *chain.from_iterable(_listed(client, each) for each in others)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tables = pool.map(lambda item: _described(client.get_table(item.reference)), listed)
        return Catalogue(home, tuple(tables))


def _listed(client: bigquery.Client, dataset: str) -> Iterator[bigquery.table.TableListItem]:
    try:
        yield from client.list_tables(dataset)
    except NotFound:  # a project may have switched it off
        return


def _described(table: bigquery.Table) -> Table:
    is_view = table.table_type in ("VIEW", "MATERIALIZED_VIEW")
    return Table(
        table.dataset_id,
        table.table_id,
        (table.table_type or "TABLE").lower(),
        None if is_view else table.num_rows,
        table.description or "",
        tuple(Column(field.name, kind_of(field), field.description or "") for field in table.schema),
    )


def kind_of(field: bigquery.SchemaField) -> str:
    """Return a field's type in SQL."""
    standard = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}
    kind = standard.get(field.field_type, field.field_type)
    if kind in ("RECORD", "STRUCT"):
        kind = f"STRUCT<{', '.join(f'{part.name} {kind_of(part)}' for part in field.fields)}>"
    return f"ARRAY<{kind}>" if field.mode == "REPEATED" else kind
