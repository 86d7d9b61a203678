"""The local BigQuery answers as GoogleSQL's reference implementation does, which is asked as well."""

import json
import math
from typing import Any

import pytest
from google.api_core.exceptions import GoogleAPICallError, MethodNotImplemented
from google.cloud import bigquery

from components.shared.clients import bigquery_client
from localcloud.bigquery.googlesql.module import RefusedError
from tests.localcloud.reference import Reference

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
    "SAFE_CAST('0x1F' AS INT64)",  # of negative ones, and as a FLOAT64, DuckDB reads none
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
def reference() -> Reference:
    return Reference()


def like(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-14) or (math.isnan(one) and math.isnan(other))
    return type(one) is type(other) and one == other


def test_answers_are_googles(client: bigquery.Client, reference: Reference) -> None:
    """In one statement of many columns, since a statement for each would take minutes."""
    columns = ", ".join(f"{expression} AS c{n}" for n, expression in enumerate(EXPRESSIONS))
    [ours] = client.query_and_wait(f"SELECT {columns}")
    [googles] = reference.rows(f"SELECT {columns}")
    assert len(googles) == len(EXPRESSIONS) > 250
    answers = zip(EXPRESSIONS, ours.values(), googles, strict=True)
    different = [answer for answer in answers if not like(*answer[1:])]
    assert different == []


def test_answers_to_columns_are_those_to_constants(client: bigquery.Client, reference: Reference) -> None:
    texts = r"UNNEST(['\t5 ', '1e3', '0x10', NULL]) AS s WITH OFFSET AS at_ ORDER BY at_"
    query = f"SELECT TRIM(s), SAFE_CAST(s AS INT64) FROM {texts}"
    assert [list(row.values()) for row in client.query_and_wait(query)] == reference.rows(query)


@pytest.mark.parametrize("text", ["1e3", "0x", "five", "1.0"])
def test_a_wrong_text_is_an_error_where_no_null_is_asked_for(client, reference, text: str) -> None:
    query = f"SELECT CAST(s AS INT64) FROM UNNEST(['{text}']) AS s"
    with pytest.raises(RefusedError, match=f"Bad int64 value: {text}"):
        reference.rows(query)
    with pytest.raises(GoogleAPICallError, match=f"Bad int64 value: {text}"):
        client.query_and_wait(query)


def test_what_would_be_answered_wrongly_is_refused(client: bigquery.Client) -> None:
    with pytest.raises(MethodNotImplemented, match="FORMAT's %T"):
        client.query_and_wait("SELECT FORMAT('%T', 'a')")
