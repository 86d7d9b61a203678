"""Under which names the warehouse knows a customer: the pseudonym, and the hash of an e-mail address."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from google.cloud.bigquery import Client

from components.shared.names import KEY_TABLE
from components.shared.queries import read_sql, run_query

if TYPE_CHECKING:
    from google.cloud.bigquery.table import RowIterator

SQL = Path(__file__).with_name("pseudonyms.sql")


def read_pseudonyms(
    client: Client, project: str, keys_dataset: str, shop_ids: Sequence[str]
) -> "RowIterator":
    """Return shop_id, customer_key and digest for each of the shop's ids, once for each key."""
    sql = read_sql(SQL, project=project, keys_dataset=keys_dataset, key_table=KEY_TABLE)
    return run_query(client, sql, {"shop_ids": shop_ids})


def email_hash(address: str) -> str:
    """Return the hash that a mapping stores instead of an address (hash_email), as in sources/meaning/."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()
