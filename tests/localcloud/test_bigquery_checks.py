"""What BigQuery refuses is refused here in its words; the messages come from Google's own analyser.

Sources of the rules: BigQuery's GoogleSQL reference (lexical structure, conversion rules, query syntax,
procedural language).
"""

import pytest
from google.api_core.exceptions import BadRequest, GoogleAPICallError
from google.cloud import bigquery
from google.cloud.bigquery import QueryJobConfig, ScalarQueryParameter

from components.shared.clients import bigquery_client

COLUMNS = (
    "n INT64, s STRING, f FLOAT64, day DATE, tags ARRAY<STRING>, item STRUCT<price NUMERIC, `at` TIMESTAMP>"
)
REFUSED = {
    "a column that is not there": ("SELECT nope FROM judged.sales", "Unrecognized name: nope at [1:8]"),
    "a misspelt column": (
        "SELECT dai FROM judged.sales",
        "Unrecognized name: dai; Did you mean day? at [1:8]",
    ),
    "an alias in WHERE": (
        "SELECT n + 1 AS m FROM judged.sales WHERE m > 1",
        "Unrecognized name: m at [1:43]",
    ),
    "a text and a number joined": ("SELECT CONCAT('a', 1)", "No matching signature for function CONCAT"),
    "a date compared with a text column": (
        "SELECT n FROM judged.sales WHERE day = s",
        "No matching signature for operator = for argument types: DATE, STRING",
    ),
    "a union of a number and a text": (
        "SELECT 1 AS a UNION ALL SELECT 'x'",
        "Column 1 in UNION ALL has incompatible types: INT64, STRING at [1:25]",
    ),
    "the length of a number": ("SELECT LENGTH(5)", "No matching signature for function LENGTH"),
    "a reserved word as a column": ("CREATE TABLE judged.t (new INT64)", "Unexpected keyword NEW at [1:24]"),
    "DuckDB's cast": (
        "SELECT n::STRING FROM judged.sales",
        'Syntax error: Expected end of input but got ":"',
    ),
    "DuckDB's ILIKE": ("SELECT s ILIKE 'a' FROM judged.sales", "Syntax error: "),
    "DuckDB's function": (
        "SELECT median(n) FROM judged.sales",
        "Function not found: median; Did you mean min? at [1:8]",
    ),
    "an ungrouped column": (
        "SELECT s, COUNT(*) FROM judged.sales",
        "SELECT list expression references column s which is neither grouped nor aggregated at [1:8]",
    ),
    "a fraction into a whole number": (
        "INSERT INTO judged.sales (n) VALUES (2.5)",
        "Value has type FLOAT64 which cannot be inserted into column n, which has type INT64",
    ),
    "a partition of a column that is not there": (
        "CREATE TABLE judged.t (a INT64) PARTITION BY day",
        "Unrecognized name: day",
    ),
    "a second statement, by its place": ("SELECT 1;\nSELECT\n  nope", "Unrecognized name: nope at [3:3]"),
}


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client("judged-project")
    client.create_dataset("judged")
    client.query_and_wait(f"CREATE OR REPLACE TABLE judged.sales ({COLUMNS})")
    client.query_and_wait("INSERT INTO judged.sales (n, s) VALUES (1, 'a'), (2, 'b')")
    return client


def one(client: bigquery.Client, sql: str, **settings) -> object:
    [[value]] = client.query_and_wait(sql, job_config=QueryJobConfig(**settings))
    return value


@pytest.mark.parametrize("case", REFUSED)
def test_what_bigquery_refuses_is_refused_in_its_words(client: bigquery.Client, case: str) -> None:
    sql, message = REFUSED[case]
    with pytest.raises(BadRequest) as refused:
        client.query_and_wait(sql)
    assert message in refused.value.message
    assert refused.value.errors[0]["reason"] == "invalidQuery"


def test_a_dry_run_is_refused_alike(client: bigquery.Client) -> None:
    with pytest.raises(BadRequest, match="Unrecognized name: nope"):
        client.query("SELECT nope FROM judged.sales", QueryJobConfig(dry_run=True))


def test_a_statement_is_checked_only_when_it_runs(client: bigquery.Client) -> None:
    assert one(client, "IF FALSE THEN SELECT nope; END IF; SELECT 1") == 1
    caught = "BEGIN SELECT nope; EXCEPTION WHEN ERROR THEN SELECT @@error.message; END"
    assert one(client, caught) == "Unrecognized name: nope at [1:14]"


def test_what_a_script_created_is_known_to_what_follows(client: bigquery.Client) -> None:
    made = """
        DECLARE lowest INT64 DEFAULT 2;
        CREATE TEMP TABLE mine AS SELECT n, s FROM judged.sales;
        CREATE TEMP FUNCTION twice(x INT64) AS (2 * x);
        CREATE TEMP FUNCTION either(x ANY TYPE) AS (IFNULL(x, x));
    """
    assert one(client, f"{made} SELECT twice(n) + either(0) FROM mine WHERE n >= lowest") == 4
    with pytest.raises(BadRequest, match=r"Unrecognized name: f at \[6:"):
        client.query_and_wait(f"{made} SELECT f FROM mine")
    with pytest.raises(BadRequest, match="No matching signature for function TWICE"):
        client.query_and_wait(f"{made} SELECT twice(s) FROM mine")


def test_a_changed_tables_current_columns_are_known(client: bigquery.Client) -> None:
    client.query_and_wait("CREATE OR REPLACE TABLE judged.changing (a INT64)")
    client.query_and_wait("SELECT a FROM judged.changing")
    client.query_and_wait("ALTER TABLE judged.changing ADD COLUMN b STRING")
    client.query_and_wait("SELECT b FROM judged.changing")
    client.query_and_wait("CREATE OR REPLACE TABLE judged.changing (c DATE)")
    with pytest.raises(BadRequest, match="Unrecognized name: a"):
        client.query_and_wait("SELECT a FROM judged.changing")


def test_an_expression_too_deep_to_be_described_runs(client: bigquery.Client) -> None:
    assert one(client, f"SELECT {' + '.join(['n'] * 200)} FROM judged.sales WHERE n = 1") == 200


def test_a_function_name_of_too_many_parts_is_refused(client: bigquery.Client) -> None:
    with pytest.raises(BadRequest, match="Function not found"):
        client.query_and_wait("SELECT a.b.c.d(1)")


def test_routines_and_views_of_a_dataset_are_known(client: bigquery.Client) -> None:
    client.query_and_wait("CREATE OR REPLACE FUNCTION judged.plus(x INT64) RETURNS INT64 AS (x + 1)")
    client.query_and_wait(
        "CREATE OR REPLACE VIEW judged.plussed AS SELECT judged.plus(n) AS m FROM judged.sales"
    )
    assert one(client, f"SELECT MAX(`{client.project}`.judged.plus(m)) FROM judged.plussed") == 4
    with pytest.raises(BadRequest, match=r"No matching signature for function PLUS"):
        client.query_and_wait("SELECT judged.plus('x')")
    with pytest.raises(BadRequest, match="Unrecognized name: n"):
        client.query_and_wait("SELECT n FROM judged.plussed")


def test_parameters_have_their_types(client: bigquery.Client) -> None:
    named = [ScalarQueryParameter("day", "DATE", "2026-01-31")]
    assert one(client, "SELECT COUNT(*) FROM judged.sales WHERE day < @day", query_parameters=named) == 0
    with pytest.raises(BadRequest, match="operator = for argument types: STRING, DATE"):
        one(client, "SELECT COUNT(*) FROM judged.sales WHERE s = @day", query_parameters=named)
    placed = [ScalarQueryParameter(None, "INT64", 1), ScalarQueryParameter(None, "STRING", "b")]
    assert (
        one(client, "SELECT ? + 1; SELECT COUNT(*) FROM judged.sales WHERE s = ?", query_parameters=placed)
        == 1
    )


def test_a_column_may_be_qualified_by_its_table_as_sqlalchemy_does(client: bigquery.Client) -> None:
    client.query_and_wait("CREATE OR REPLACE TABLE judged.two AS SELECT 1 AS a UNION ALL SELECT 2")
    sql = "SELECT SUM(`judged.two`.`a`) AS a FROM `judged.two`"
    assert [row.a for row in client.query_and_wait(sql)] == [3]
    with pytest.raises(BadRequest, match="Name nope not found inside two"):
        client.query_and_wait("SELECT `judged.two`.`nope` FROM `judged.two`")
    apart = f"SELECT a FROM `{client.project}.judged`.two ORDER BY a"
    assert [row.a for row in client.query_and_wait(apart)] == [1, 2]


def test_a_session_keeps_its_functions(client: bigquery.Client) -> None:
    started = client.query(
        "CREATE TEMP FUNCTION half(x INT64) AS (x / 2)", QueryJobConfig(create_session=True)
    )
    started.result()
    session = [bigquery.ConnectionProperty("session_id", started.session_info.session_id)]
    assert one(client, "SELECT half(3)", connection_properties=session) == 1.5
    with pytest.raises(GoogleAPICallError, match="Function not found: half"):
        client.query_and_wait("SELECT half(3)")


def test_what_bigquery_adds_to_googlesql_is_known(client: bigquery.Client) -> None:
    assert one(client, "SELECT MAX_BY(s, n) FROM judged.sales") == "b"
    assert (
        one(client, "SELECT COUNT(*) FROM judged.INFORMATION_SCHEMA.COLUMNS WHERE table_name = 'sales'") == 6
    )


# What a script evaluates is checked, with its position in the whole text.
IN_SCRIPTS = {
    "DECLARE x INT64;\nSET x = nope + 1": "Unrecognized name: nope at [2:9]",
    "DECLARE x INT64 DEFAULT LENGTH(5)": "No matching signature for function LENGTH",
    "IF nope = 1 THEN SELECT 1; END IF": "Unrecognized name: nope at [1:4]",
    "SELECT 1;\nWHILE LENGTH(1) = 2 DO SELECT 1; END WHILE": "No matching signature for function LENGTH",
    "FOR r IN (SELECT nope) DO SELECT 1; END FOR": "Unrecognized name: nope at [1:18]",
    "EXECUTE IMMEDIATE 'SELECT nope'": "Unrecognized name: nope at [1:8]",
    "EXECUTE IMMEDIATE 'SELECT LENGTH(@n)' USING 5 AS n": "No matching signature for function LENGTH",
}


@pytest.mark.parametrize("sql", IN_SCRIPTS)
def test_what_a_script_evaluates_is_checked(client: bigquery.Client, sql: str) -> None:
    with pytest.raises(BadRequest) as refused:
        client.query_and_wait(sql)
    assert IN_SCRIPTS[sql] in refused.value.message


def test_what_a_script_evaluates_is_right(client: bigquery.Client) -> None:
    assert (
        one(
            client,
            "DECLARE a, b INT64; SET (a, b) = (1, 2); WHILE a < 5 DO SET a = a + b; END WHILE; SELECT a",
        )
        == 5
    )
    assert one(client, "EXECUTE IMMEDIATE 'SELECT ? + 1' USING 4") == 5
    immediate = (
        "DECLARE r STRING; EXECUTE IMMEDIATE \"SELECT FORMAT('%t', @a)\" INTO r USING 1.5 AS a; SELECT r"
    )
    assert one(client, immediate) == "1.5"
