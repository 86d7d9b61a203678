"""Make BigQuery's tables match their definitions, as Terraform does in the cloud: create or extend them."""

from collections.abc import Mapping

from google.api_core.exceptions import NotFound
from google.cloud.bigquery import Client, SchemaField, Table, TimePartitioning

from infra.tables import Definition, definitions


class MigrationError(Exception):
    """A table differs from its definition in more than missing columns; the message says what to do."""


def make_tables(client: Client, project: str, datasets: Mapping[str, str]) -> list[str]:
    """Create or extend every table, and return a line for each that was extended.

    datasets gives the names of the datasets that the definitions call warehouse and features. Raises
    MigrationError, before anything is changed, if a table would have to be recreated.
    """
    wanted = [_table(project, datasets, *item) for item in definitions().items()]
    pairs = [(table, _find_table(client, table)) for table in wanted]
    if faults := [fault for table, standing in pairs if standing for fault in _faults(table, standing)]:
        raise MigrationError("\n".join(faults))
    lines = [_extend(client, table, standing) for table, standing in pairs if standing]
    for table, standing in pairs:
        if not standing:
            client.create_table(table, exists_ok=True)
    return [line for line in lines if line]


def _table(project: str, datasets: Mapping[str, str], name: str, definition: Definition) -> Table:
    schema = [SchemaField.from_api_repr(column) for column in definition["schema"]]
    table = Table(f"{project}.{datasets[definition['dataset']]}.{name}", schema)
    table.description = definition["description"]
    table.time_partitioning = TimePartitioning(field=definition["partition"])
    table.clustering_fields = definition["clustering"]
    return table


def _find_table(client: Client, table: Table) -> Table | None:
    try:
        return client.get_table(table.reference)
    except NotFound:
        return None


def _faults(wanted: Table, standing: Table) -> list[str]:
    """Return a line for each difference that adding columns does not fix."""
    columns = {column.name: column for column in wanted.schema}
    differences = [
        f"its column {old.name} is {_kind(old)} and should be {_kind(columns.get(old.name))}"
        for old in standing.schema
        if _kind(old) != _kind(columns.get(old.name))
    ]
    there = {column.name for column in standing.schema}
    differences += [
        f"its new column {new.name} is NOT NULL, which existing rows cannot satisfy"
        for new in wanted.schema
        if new.name not in there and new.mode == "REQUIRED"
    ]
    if _layout(wanted) != _layout(standing):
        differences.append(f"it is {_layout(standing)} and should be {_layout(wanted)}")
    name = f"{wanted.dataset_id}.{wanted.table_id}"
    return [f"{name} cannot be migrated: {what}; {_remedy(name)}" for what in differences]


def _remedy(name: str) -> str:
    return f"copy it (bq cp {name} {name}_old), drop it (bq rm -t {name}), and insert the rows by their names"


def _kind(column: SchemaField | None) -> str:
    return f"{column.field_type} {column.mode}" if column else "gone"


def _layout(table: Table) -> str:
    partition = table.time_partitioning.field if table.time_partitioning else "nothing"
    return f"partitioned by {partition}, clustered by {', '.join(table.clustering_fields or ['nothing'])}"


def _extend(client: Client, wanted: Table, standing: Table) -> str:
    """Add new columns and update descriptions; return a line if columns were added, else an empty string."""
    there = {column.name for column in standing.schema}
    new = [column for column in wanted.schema if column.name not in there]
    described = {column.name: column for column in wanted.schema}
    schema = [described[column.name] for column in standing.schema] + new
    if schema == list(standing.schema) and wanted.description == standing.description:
        return ""
    standing.schema, standing.description = schema, wanted.description
    client.update_table(standing, ["schema", "description"])
    names = ", ".join(column.name for column in new)
    return f"{wanted.dataset_id}.{wanted.table_id}: added {names}" if new else ""
