"""The pseudonym key: created once, never shown."""

import io
import json
import secrets
from contextlib import suppress

from google.api_core.exceptions import Conflict
from google.cloud import bigquery

KEY_BYTES = 32
SCHEMA = [bigquery.SchemaField("key", "STRING", "REQUIRED")]


def ensure_key(client: bigquery.Client, table: str, *, dry_run: bool = False) -> bool:
    """Put a key into the table if it is empty; return whether this call did, or would.

    A load keeps the key out of SQL and of the job history, and WRITE_EMPTY lets only one of several succeed.
    """
    if client.get_table(table).num_rows:
        return False
    if not dry_run:
        with suppress(Conflict):  # another deployment was first: its key stands
            _load(client, table, "WRITE_EMPTY")
    return True


def replace_key(client: bigquery.Client, table: str) -> None:
    """Replace the old key with a new one: from then on every customer has another pseudonym."""
    _load(client, table, "WRITE_TRUNCATE")


def _load(client: bigquery.Client, table: str, disposition: str) -> None:
    row = json.dumps({"key": secrets.token_hex(KEY_BYTES)}).encode()
    configuration = bigquery.LoadJobConfig(
        schema=SCHEMA, source_format="NEWLINE_DELIMITED_JSON", write_disposition=disposition
    )
    client.load_table_from_file(io.BytesIO(row), table, job_config=configuration).result()
