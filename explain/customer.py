"""Identify a customer by pseudonym, or by the shop's own id, which BigQuery hashes."""

import re

from google.api_core.exceptions import Forbidden

from components.shared.errors import ArgumentsError, StepError
from components.shared.names import KEY_TABLE
from components.shared.pseudonyms import email_hash, read_pseudonyms
from explain.places import Places

CUSTOMER_KEY = re.compile(r"[0-9a-f]{64}")


def check_key(text: str) -> str:
    """Return a customer_key as it is stored; raise ArgumentsError for anything else."""
    if not CUSTOMER_KEY.fullmatch(text.lower()):
        raise ArgumentsError(
            f"{text!r} is not a customer_key, which has 64 hexadecimal digits: for the shop's own id add "
            "--shop-id"
        )
    return text.lower()


def hash_shop_id(places: Places, shop_id: str) -> str:
    """Return the customer_key of the shop's own id; raise StepError if the key may not be read.

    A mapping stores an e-mail address as its hash (hash_email), so an address that is no customer's id is
    hashed that way first.
    """
    key = _hashed(places, shop_id)
    if "@" not in shop_id or _is_known(places, key):
        return key
    return _hashed(places, email_hash(shop_id))


def _is_known(places: Places, customer_key: str) -> bool:
    [found] = places.ask("days", {"customer_key": customer_key})
    return bool(found["days"] or found["first_known_from_date"])


def _hashed(places: Places, shop_id: str) -> str:
    table = f"{places.keys_dataset}.{KEY_TABLE}"
    try:
        project = places.client.project
        rows = list(read_pseudonyms(places.client, project, places.keys_dataset, [shop_id]))
    except Forbidden as error:
        raise StepError(
            f"you may not read {table}, so a shop's id cannot be converted: give the customer_key, "
            "or ask an owner of the project for roles/bigquery.dataViewer on that table"
        ) from error
    keys = {row["customer_key"] for row in rows}
    if len(keys) != 1:
        raise StepError(f"{table} has {len(rows)} keys, not one: make deploy STEP=key creates it")
    [key] = keys
    if key is None:
        raise StepError("the shop's id is empty: give it after the options")
    return str(key)
