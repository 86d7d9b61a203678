"""Refuse an older version that would lose columns: Terraform drops them in place, with what they hold."""

from collections.abc import Sequence

from google.api_core.exceptions import NotFound
from google.cloud.bigquery import Client

from infra.deploy.errors import DeployError
from infra.tables import definitions

DOCUMENT = "docs/deploy.md, Roll back"


def refuse_lost_columns(client: Client, tables: Sequence[str]) -> None:
    """Raise DeployError naming each column and table, of those deployed, that this version does not define.

    tables are written PROJECT.DATASET.TABLE.
    """
    if lost := [line for table in tables for line in _lost(client, table)]:
        raise DeployError(
            "nothing was changed: this version does not define what is in the warehouse, and would drop it:\n"
            + "\n".join(f"  {line}" for line in lost)
            + f"\nkeep the definitions of the version that does ({DOCUMENT}), or drop it yourself first"
        )


def _lost(client: Client, table: str) -> list[str]:
    try:
        standing = client.get_table(table)
    except NotFound:
        return []
    definition = definitions().get(standing.table_id)
    if definition is None:
        return [table]
    defined = {column["name"] for column in definition["schema"]}
    return [f"{table}: {column.name}" for column in standing.schema if column.name not in defined]
