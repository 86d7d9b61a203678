import re

import pytest
from google.cloud import bigquery as api

from infra.deploy.pseudonym_key import SCHEMA, ensure_key, replace_key


@pytest.fixture
def table(bigquery, project) -> str:
    bigquery.create_dataset("winter_days_keys")
    name = f"{project}.winter_days_keys.pseudonym_key"
    bigquery.create_table(api.Table(name, SCHEMA))
    return name


def keys(bigquery, table):
    return [row.key for row in bigquery.query_and_wait(f"SELECT key FROM `{table}`")]


def test_makes_a_key_once(bigquery, table):
    assert ensure_key(bigquery, table) is True
    [key] = keys(bigquery, table)
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert ensure_key(bigquery, table) is False
    assert keys(bigquery, table) == [key]


def test_a_dry_run_makes_none(bigquery, table):
    assert ensure_key(bigquery, table, dry_run=True) is True
    assert keys(bigquery, table) == []


def test_a_new_key_replaces_the_old_one(bigquery, table):
    ensure_key(bigquery, table)
    before = keys(bigquery, table)
    replace_key(bigquery, table)
    after = keys(bigquery, table)
    assert len(after) == 1
    assert after != before


def test_the_key_is_never_printed(bigquery, table, capsys):
    ensure_key(bigquery, table)
    assert keys(bigquery, table)[0] not in "".join(capsys.readouterr())
