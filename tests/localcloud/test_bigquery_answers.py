"""The local BigQuery answers as GoogleSQL's reference implementation does, which is asked the same."""

import json
import math
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, GoogleAPICallError
from google.cloud import bigquery
from google.cloud.bigquery import QueryJobConfig, ScalarQueryParameter

from components.shared.clients import bigquery_client
from tests.fuzz.engines import Google, Refused

TEXTS = (
    *(
        "5",
        " 5 ",
        "+5",
        "1e3",
        "12.7",
        "1_000",
        "9223372036854775808",
        "",
        "true",
        "TRUE",
        "yes",
        "0",
    ),
    *(
        "\t7\n",
        ".5",
        "inf",
        "2026-01-05",
        "2026-1-5",
        "2026/01/05",
        "20260105",
        "epoch",
        "2026-02-30",
        "10000-01-01",
    ),
    *(
        "2026-01-02T03:04:05Z",
        "2026-01-02 03:04:05+02",
        "2026-01-02 24:00:00",
        "2026-01-02 03:04",
        "24:00:00",
    ),
    *("2026-01-02t03:04:05.123456Z", None),
)
CASTS = ("INT64", "BOOL", "FLOAT64", "NUMERIC", "DATE", "TIMESTAMP", "TIME")
NUMBERS = "0 1 -1 -7 100 15 -2.5 2.5 0.1 1e15 123456789012345.0 1e-7 0.0001 1.5e300 -1e21".split()  # noqa: SIM905
DECIMALS = (
    "NUMERIC '1.005'",
    "NUMERIC '-2.5'",
    "NUMERIC '100'",
    "NUMERIC '0.000000001'",
    "CAST(NULL AS NUMERIC)",
)
MORE = r"""
TRIM('\t a \n')
TRIM('\u00a0a\u3000')
LTRIM('\n\ta ')
RTRIM(' a\u2028\t')
TRIM('xax', 'x')
NULLIF(TRIM('\u00a0\t'), '')
SUBSTR('abc', -5, 3)
SUBSTR('a', -3, 2)
SUBSTR('abc', 0, 2)
SUBSTR('abc', -2)
SUBSTR('abc', 2, 1)
TO_JSON_STRING(TIMESTAMP '2026-01-02 03:04:05.120+00')
TO_JSON_STRING(TIMESTAMP '1969-12-31 23:59:59+00')
TO_JSON_STRING(CAST(NULL AS TIMESTAMP))
TO_JSON_STRING(9223372036854775807)
TO_JSON_STRING(-9007199254740993)
TO_JSON_STRING(9007199254740992)
TO_JSON_STRING(CAST(NULL AS INT64))
TO_JSON_STRING(CAST('nan' AS FLOAT64))
TO_JSON_STRING(CAST('-inf' AS FLOAT64))
SAFE_DIVIDE(NUMERIC '1.005', NUMERIC '3')
SAFE_DIVIDE(NUMERIC '1', NUMERIC '0')
SAFE_DIVIDE(1, 4)
"""
EXPRESSIONS = [
    "SAFE_CAST('0x1F' AS INT64)",  # DuckDB reads no negative hexadecimal number, nor any as a FLOAT64
    *(f"SAFE_CAST({json.dumps(text)} AS {kind})" for kind in CASTS for text in TEXTS),
    *(f"{function}" for of in NUMBERS for function in (f"CAST({of} AS STRING)", f"TO_JSON_STRING({of})")),
    *(f"ROUND({of}, {digits})" for of in NUMBERS[:7] for digits in (-1, 0)),
    *(f"CAST({of} AS STRING)" for of in DECIMALS),
    *MORE.strip().splitlines(),
]


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    return bigquery_client("answering-project")


@pytest.fixture(scope="module")
def google() -> Google:
    return Google()


def like(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-14) or (math.isnan(one) and math.isnan(other))
    return type(one) is type(other) and one == other


def test_answers_are_googles(client: bigquery.Client, google: Google) -> None:
    """In one statement of many columns, since a statement for each would take minutes."""
    columns = ", ".join(f"{expression} AS c{n}" for n, expression in enumerate(EXPRESSIONS))
    [ours] = client.query_and_wait(f"SELECT {columns}")
    [googles] = google.ask(f"SELECT {columns}")
    assert len(googles) == len(EXPRESSIONS) > 250
    answers = zip(EXPRESSIONS, ours.values(), googles, strict=True)
    different = [answer for answer in answers if not like(*answer[1:])]
    assert different == []


def test_answers_for_columns_are_those_for_constants(client: bigquery.Client, google: Google) -> None:
    texts = r"UNNEST(['\t5 ', '1e3', '0x10', NULL]) AS s WITH OFFSET AS at_ ORDER BY at_"
    query = f"SELECT TRIM(s), SAFE_CAST(s AS INT64) FROM {texts}"
    assert [list(row.values()) for row in client.query_and_wait(query)] == google.ask(query)


@pytest.mark.parametrize("text", ["1e3", "0x", "five", "1.0"])
def test_an_invalid_text_is_an_error_without_safe_cast(client, google, text: str) -> None:
    query = f"SELECT CAST(s AS INT64) FROM UNNEST(['{text}']) AS s"
    assert google.ask(query) == Refused(f"Bad int64 value: {text}")
    with pytest.raises(GoogleAPICallError, match=f"Bad int64 value: {text}"):
        client.query_and_wait(query)


@pytest.fixture(scope="module")
def table(client: bigquery.Client) -> str:
    """A table stored in DuckDB, so that no expression is evaluated beforehand as a constant."""
    client.create_dataset("answering")
    client.query_and_wait(
        "CREATE OR REPLACE TABLE answering.odd AS "
        "SELECT 1 AS n, 1.5 AS f, NUMERIC '1.005' AS d, 'İ' AS s, [STRUCT('a' AS x)] AS many, b'\\xff' AS b "
        "UNION ALL SELECT 2, CAST('nan' AS FLOAT64), NULL, NULL, [], NULL"
    )
    return "answering.odd"


# Worked out by hand from BigQuery's function reference.
OF_TABLES = {
    "FORMAT('%t|%T|%5d|%.2f', f, s, n, d)": ['1.5|"İ"|    1|1.01', None],
    "TO_JSON_STRING(STRUCT(d, f, many))": [
        '{"d":"1.005","f":1.5,"many":[{"x":"a"}]}',
        '{"d":null,"f":"NaN","many":[]}',
    ],
    "LOWER(s)": ["i\u0307", None],
    "TO_HEX(b)": ["ff", None],
    "f > 1": [True, False],
    "f = f": [True, False],
    "f != f": [False, True],
    "f BETWEEN 0 AND 2": [True, False],
    "LEAST(f, 0.5)": [0.5, math.nan],
    "SAFE.LEFT(s, -n)": [None, None],
    "CAST(f AS STRING)": ["1.5", "nan"],
    "CAST(d AS STRING)": ["1.005", None],
    "CAST(123456788.123456789 + n AS NUMERIC)": [
        Decimal("123456789.123456791"),
        Decimal("123456790.123456791"),
    ],
    "d * d": [Decimal("1.010025"), None],
    "ROUND(-2.675 * n, 2)": [-2.67, -5.35],
    "MIN(f) OVER ()": [math.nan, math.nan],
    "MOD(-9223372036854775807 - IF(n = 1, 1, 0), IF(n = 1, -1, 5))": [0, -2],
    "ROW_NUMBER() OVER (ORDER BY f)": [2, 1],
    "CAST(TIME_ADD(TIME '01:02:03', INTERVAL n * 120 MILLISECOND) AS STRING)": [
        "01:02:03.120",
        "01:02:03.240",
    ],
    "CAST(TIMESTAMP_MICROS(n * 500000) AS STRING)": ["1970-01-01 00:00:00.500+00", "1970-01-01 00:00:01+00"],
    "CAST(DATETIME_ADD('2026-01-02', INTERVAL n * 10 MICROSECOND) AS STRING)": [
        "2026-01-02 00:00:00.000010",
        "2026-01-02 00:00:00.000020",
    ],
    "JSON_REMOVE(PARSE_JSON(IF(n = 1, '[7]', NULL)), '$.a')": [[7], None],
    "JSON_ARRAY_APPEND(PARSE_JSON(IF(n = 1, '[7]', NULL)), '$', n)": [[7, 1], None],
    "INT64_ARRAY(PARSE_JSON(FORMAT('[%d]', n)))": [[1], [2]],
    "BIT_COUNT(-n)": [64, 63],
    "UNICODE(LEFT(s, 0))": [0, None],
    "TO_CODE_POINTS(b)": [[255], []],
    "SAFE_CONVERT_BYTES_TO_STRING(b)": ["\ufffd", None],
    "REGEXP_CONTAINS(b, b'\\xff')": [True, None],
}


@pytest.mark.parametrize("expression", OF_TABLES)
def test_answers_from_tables_are_googles(client: bigquery.Client, table: str, expression: str) -> None:
    found = [row.v for row in client.query_and_wait(f"SELECT {expression} AS v FROM {table} ORDER BY n")]
    assert len(found) == 2
    assert all(map(like, found, OF_TABLES[expression])), found


def test_an_invalid_argument_from_a_table_gives_googles_error(client: bigquery.Client, table: str) -> None:
    with pytest.raises(BadRequest, match=r"Second argument in LEFT\(\) cannot be negative"):
        client.query_and_wait(f"SELECT LEFT(s, -n) FROM {table}")


@pytest.mark.parametrize(
    ("aggregated", "expected"),
    [
        ("s IGNORE NULLS ORDER BY n DESC LIMIT 1", ["b"]),
        ("DISTINCT s IGNORE NULLS ORDER BY s DESC LIMIT 1", ["b"]),
        ("s IGNORE NULLS LIMIT 5", ["b", "b"]),
        ("IF(n > 2, s, NULL) IGNORE NULLS LIMIT 5", []),
    ],
)
def test_nulls_are_ignored_before_values_are_counted(
    client: bigquery.Client, google: Google, aggregated: str, expected: list[str]
) -> None:
    rows = "SELECT 1 AS n, 'b' AS s UNION ALL SELECT 2, 'b' UNION ALL SELECT 3, NULL"
    query = f"SELECT ARRAY_AGG({aggregated}) AS found FROM"
    assert google.ask(f"{query} ({rows})") == [[expected or None]]
    client.query_and_wait(f"CREATE OR REPLACE TABLE answering.sparse AS {rows}")
    [row] = client.query_and_wait(f"{query} answering.sparse")
    assert row.found == expected


def test_group_by_and_update_give_googles_answers(client: bigquery.Client, table: str) -> None:
    grouped = f"SELECT FORMAT('%t', f) AS v, COUNT(*) AS c FROM {table} GROUP BY FORMAT('%t', f) ORDER BY v"
    assert [tuple(row) for row in client.query_and_wait(grouped)] == [("1.5", 1), ("nan", 1)]
    changed = f"CREATE TEMP TABLE t AS SELECT * FROM {table}; UPDATE t SET s = FORMAT('%T', d) WHERE f > 1;"
    assert [row.s for row in client.query_and_wait(f"{changed} SELECT s FROM t ORDER BY n")] == [
        'NUMERIC "1.005"',
        None,
    ]


def test_a_result_has_the_types_that_google_says(client: bigquery.Client, table: str) -> None:
    columns = "SUM(n) AS a, ROUND(AVG(n)) AS b, SUM(d) / 3 AS c,"
    columns += " COUNTIF(f > 1) AS e, EXTRACT(DAY FROM MIN(t)) AS g"
    query = f"SELECT {columns} FROM {table}, UNNEST([DATE '2026-01-31']) AS t"
    told = {"a": "INTEGER", "b": "FLOAT", "c": "NUMERIC", "e": "INTEGER", "g": "INTEGER"}
    dry = client.query(query, job_config=QueryJobConfig(dry_run=True, use_query_cache=False))
    assert {field.name: field.field_type for field in dry.schema} == told
    assert {field.name: field.field_type for field in client.query_and_wait(query).schema} == told


def test_parameters_and_variables_reach_the_engine(client: bigquery.Client) -> None:
    config = QueryJobConfig(query_parameters=[ScalarQueryParameter("p", "NUMERIC", Decimal("1.5"))])
    [[value]] = client.query_and_wait("SELECT FORMAT('%T', @p)", job_config=config)
    assert value == 'NUMERIC "1.5"'
    script = (
        "DECLARE x DEFAULT CAST('nan' AS FLOAT64); DECLARE y STRING; SET y = FORMAT('%t', x); SELECT y, x = x"
    )
    assert [tuple(row) for row in client.query_and_wait(script)] == [("nan", False)]


def test_days_are_added_to_a_variable(client: bigquery.Client) -> None:
    script = "DECLARE d DATE DEFAULT '2026-01-31'; DECLARE e DATE; SET e = d + 2; SELECT e - 1, 1 + e"
    [row] = client.query_and_wait(script)
    assert tuple(row) == (date(2026, 2, 1), date(2026, 2, 3))


@pytest.mark.parametrize("sql", ["SELECT SAFE.DIV(1, 0)", "SELECT PARSE_JSON('\"\\\\ud83d\\\\ude00\"')"])
def test_a_former_internal_error_is_answered(client: bigquery.Client, sql: str) -> None:
    [[value]] = client.query_and_wait(sql)
    assert value in (None, "😀")


def test_a_table_without_a_dataset_is_refused(client: bigquery.Client) -> None:
    with pytest.raises(BadRequest, match='Table "lost" must be qualified with a dataset'):
        client.query_and_wait("CREATE TABLE lost (a INT64)")


def test_unnamed_fields_are_named_as_bigquery_names_them(client: bigquery.Client) -> None:
    [row] = client.query_and_wait("SELECT (1, 'a') AS pair")
    assert row.pair == {"_field_1": 1, "_field_2": "a"}
    assert [tuple(row) for row in client.query_and_wait("SELECT * FROM UNNEST([(1, 'a')])")] == [(1, "a")]
