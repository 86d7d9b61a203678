"""Arrays of structs in FROM, structs whose fields are named after columns, and whole rows as values."""

import json
from datetime import date
from typing import Any

import pytest
from google.cloud import bigquery
from google.cloud.bigquery import DatasetReference, QueryJobConfig

from components.shared.clients import bigquery_client

EVENTS = """
    CREATE OR REPLACE TABLE structs.events AS
    SELECT 1 AS id, 'view' AS name, NUMERIC '1.50' AS price, TIMESTAMP '2026-01-02 03:04:05+00' AS seen,
      [STRUCT('page' AS key, STRUCT('home' AS text, CAST(NULL AS INT64) AS number) AS value),
       STRUCT('session', STRUCT(NULL, 7))] AS params, ['x', 'y'] AS tags
    UNION ALL SELECT 2, 'buy', 2, TIMESTAMP '2026-01-03 00:00:00+00',
      [STRUCT('session' AS key, STRUCT(CAST(NULL AS STRING) AS text, 8 AS number) AS value)], ['z']
    UNION ALL SELECT 3, 'end', NULL, NULL, [], []
"""


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client("structs-project")
    client.create_dataset("structs")
    client.query_and_wait(EVENTS)
    return client


def rows(client: bigquery.Client, sql: str) -> list[tuple[Any, ...]]:
    config = QueryJobConfig(default_dataset=DatasetReference(client.project, "structs"))
    return [tuple(row.values()) for row in client.query_and_wait(sql, job_config=config)]


SESSIONS = [(1, 7), (2, 8), (3, None)]
KEYS = [(1, "page"), (1, "session"), (2, "session")]
# By hand, from BigQuery's reference of the query syntax (UNNEST, correlated joins, value tables).
UNNESTED: dict[str, list[tuple[Any, ...]]] = {
    "SELECT id, (SELECT value.number FROM UNNEST(params) WHERE key = 'session') FROM events": SESSIONS,
    "SELECT id, (SELECT value.number FROM UNNEST(params) AS p WHERE key = 'session') FROM events": SESSIONS,
    "SELECT id, (SELECT p.value.number FROM UNNEST(params) p WHERE p.key = 'session') FROM events": SESSIONS,
    "SELECT id, key FROM events, UNNEST(params)": KEYS,
    "SELECT id, key FROM events LEFT JOIN UNNEST(params)": [*KEYS, (3, None)],
    "SELECT e.id, p.key FROM events AS e, e.params AS p": KEYS,
    "SELECT e.id, key FROM events AS e CROSS JOIN e.params": KEYS,
    "SELECT id, params.key FROM events, UNNEST(params) AS params": KEYS,
    "SELECT id, at_, key FROM events, UNNEST(params) WITH OFFSET AS at_ WHERE at_ = 1": [(1, 1, "session")],
    "SELECT id, p.key, offset FROM events, events.params AS p WITH OFFSET WHERE id = 2": [(2, "session", 0)],
    "SELECT id, p.*, at_ FROM events, UNNEST(params) AS p WITH OFFSET AS at_ WHERE id = 2": [
        (2, "session", {"text": None, "number": 8}, 0)
    ],
    "SELECT id, p FROM events, UNNEST(params) AS p WITH OFFSET AS at_ WHERE id = 2": [
        (2, {"key": "session", "value": {"text": None, "number": 8}})
    ],
    "SELECT id, tag FROM events AS e, e.tags AS tag": [(1, "x"), (1, "y"), (2, "z")],
    "SELECT id, (SELECT MAX(tag) FROM e.tags AS tag) FROM events AS e": [(1, "y"), (2, "z"), (3, None)],
    "SELECT n, s FROM (UNNEST([1, 2]) AS n JOIN (SELECT 'a' AS s) ON TRUE), events WHERE id = n": [
        (1, "a"),
        (2, "a"),
    ],
    "SELECT FORMAT('%t', p.value.number), FORMAT('%T', p.key) FROM events, events.params AS p WHERE id = 2": [
        ("8", '"session"')
    ],
    "SELECT FORMAT('%t', id), COUNT(*), 'id, FORMAT' FROM events GROUP BY FORMAT('%t', id) ORDER BY 1": [
        ("1", 1, "id, FORMAT"),
        ("2", 1, "id, FORMAT"),
        ("3", 1, "id, FORMAT"),
    ],
    "SELECT id FROM events WHERE 'page' IN (SELECT key FROM UNNEST(params))": [(1,)],
    "SELECT key, COUNT(*) FROM events, UNNEST(params) GROUP BY key": [("page", 1), ("session", 2)],
}


@pytest.mark.parametrize("sql", UNNESTED)
def test_the_fields_of_an_array_of_structs_are_columns(client: bigquery.Client, sql: str) -> None:
    assert sorted(rows(client, sql), key=repr) == sorted(UNNESTED[sql], key=repr)


NAMED: dict[str, list[tuple[Any, ...]]] = {
    "SELECT s.name FROM (SELECT STRUCT(id, e.name) AS s FROM events AS e) WHERE s.id = 2": [("buy",)],
    "SELECT ARRAY_AGG(STRUCT(id, name) ORDER BY id DESC LIMIT 1)[OFFSET(0)].name FROM events": [("end",)],
    "WITH g AS (SELECT ARRAY_AGG(STRUCT(id, name)) AS a FROM events) SELECT id, name FROM g, UNNEST(a)": [
        (1, "view"),
        (2, "buy"),
        (3, "end"),
    ],
    "SELECT TO_JSON_STRING(ARRAY_AGG(STRUCT(id, price) ORDER BY id)) FROM events": [
        ('[{"id":1,"price":"1.5"},{"id":2,"price":2},{"id":3,"price":null}]',)
    ],
}


@pytest.mark.parametrize("sql", NAMED)
def test_a_struct_of_columns_has_their_names(client: bigquery.Client, sql: str) -> None:
    assert sorted(rows(client, sql)) == sorted(NAMED[sql])


def test_a_struct_of_columns_is_inserted_by_position(client: bigquery.Client) -> None:
    script = """
        CREATE OR REPLACE TABLE structs.pairs (pair STRUCT<a INT64, b STRING>);
        INSERT structs.pairs SELECT STRUCT(id, name) FROM structs.events;
        SELECT pair.a, pair.b FROM structs.pairs
    """
    assert sorted(rows(client, script)) == [(1, "view"), (2, "buy"), (3, "end")]


def test_a_whole_row_is_written_as_json_as_its_columns_are(client: bigquery.Client) -> None:
    [(text,)] = rows(client, "SELECT TO_JSON_STRING(e) FROM events AS e WHERE id = 1")
    assert text.startswith('{"id":1,"name":"view","price":"1.5","seen":"2026-01-02T03:04:05Z","params":[')
    assert json.loads(text)["params"][1] == {"key": "session", "value": {"text": None, "number": 7}}


def test_a_text_in_a_union_with_a_date_is_a_date(client: bigquery.Client) -> None:
    days = "SELECT DATE '2026-01-31' AS day UNION ALL SELECT '2026-02-01'"
    found = rows(client, f"CREATE OR REPLACE TABLE structs.days AS {days}; SELECT day + 1 FROM structs.days")
    assert sorted(found) == [(date(2026, 2, 1),), (date(2026, 2, 2),)]
