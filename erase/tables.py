"""The BigQuery tables: all that have a column identifying a customer's rows, whatever the table's name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

from google.cloud.bigquery import Client

from components.shared.queries import read_sql, run_query
from erase.data_subject import DataSubject
from erase.plan import Plan, Tally
from erase.platform import Platform

FOLDER = Path(__file__).parent
DATASETS = ("staging", "warehouse", "features", "contacts")  # the others hold views or the key
OF_DOCUMENTS = ("staging", "warehouse")  # those whose rows may name their document
VALUES_AT_ONCE = 10_000  # a request is limited to 10 MB


@dataclass(frozen=True)
class PersonalTable:
    """A table's full name, and the columns that say whose a row is."""

    project: str
    dataset: str
    table: str
    columns: tuple[str, ...]

    @property
    def place(self) -> str:
        """The table's name in a certificate."""
        return f"{self.dataset}.{self.table}"

    def sql(self, name: str) -> str:
        """Return the statement in NAME.sql for this table."""
        return read_sql(
            FOLDER / f"{name}.sql",
            project=self.project,
            dataset=self.dataset,
            table=self.table,
            columns=self.columns,
        )


def look(client: Client, platform: Platform, subject: DataSubject, plan: Plan) -> None:
    """Count in the plan the rows of each table, and those that are theirs."""
    for table in _tables(client, platform, subject):
        tally = plan.places[table.place] = Tally()
        for values in _values(subject, plan):
            [row] = run_query(client, table.sql("count_rows"), {"values": values})
            tally.held = row.held
            tally.theirs += row.theirs


def remove(client: Client, platform: Platform, subject: DataSubject, plan: Plan) -> None:
    """Delete those rows; if a document was also others', make the next run derive its versions again."""
    _drop_copies(client, platform)
    for table in _tables(client, platform, subject):
        for values in _values(subject, plan):
            run_query(client, table.sql("delete_rows"), {"values": values})
    if plan.blanked:
        names = {"project": platform.project, "staging_dataset": platform.datasets["staging"]}
        sql = read_sql(FOLDER / "reopen_exports.sql", **names)
        run_query(client, sql, {"export_ids": sorted(plan.blanked)})


def _drop_copies(client: Client, platform: Platform) -> None:
    """Drop external tables that hold rows: BigQuery's hold none, but the laptop's are copies of the files.

    The next run recreates them, as every run does.
    """
    staging = platform.datasets["staging"]
    for item in client.list_tables(f"{platform.project}.{staging}"):
        if item.table_type == "EXTERNAL" and client.get_table(item.reference).num_rows:
            names = {"project": platform.project, "dataset": staging, "table": item.table_id}
            run_query(client, read_sql(FOLDER / "drop_copy.sql", **names), {})


def _values(subject: DataSubject, plan: Plan) -> Iterator[Sequence[str]]:
    yield from batched(
        [*subject.keys, *sorted(plan.documents), *sorted(plan.lines)], VALUES_AT_ONCE, strict=False
    )


def _tables(client: Client, platform: Platform, subject: DataSubject) -> Iterator[PersonalTable]:
    """Yield the tables that may hold their rows; for deleted documents, no customer column is searched."""
    for dataset in (platform.datasets[name] for name in (DATASETS if subject.ids else OF_DOCUMENTS)):
        for item in client.list_tables(f"{platform.project}.{dataset}"):
            if item.table_type == "TABLE":
                names = {column.name for column in client.get_table(item.reference).schema}
                if columns := personal(names if subject.ids else names - {"customer_key"}):
                    yield PersonalTable(platform.project, dataset, item.table_id, columns)


def personal(names: set[str]) -> tuple[str, ...]:
    """Return the columns that say whose a row is; gold calls a document's id sale_id."""
    document = "document_id" if "document_id" in names else "sale_id"
    return tuple(name for name in ("customer_key", document, "row_hash") if name in names)
