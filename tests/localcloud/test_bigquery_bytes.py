"""What a query would cost: the bytes of the columns and partitions it reads, counted here by hand.

docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-types#data_type_sizes, .../docs/estimate-costs
and .../docs/querying-partitioned-tables.
"""

import datetime
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from google.api_core.exceptions import BadRequest, GoogleAPICallError
from google.cloud import bigquery
from google.cloud.bigquery import QueryJobConfig, ScalarQueryParameter

from components.shared.clients import bigquery_client

MB = 2**20
KINDS = {
    "INT64": ("7", 8),
    "FLOAT64": ("0.5", 8),
    "NUMERIC": ("1.5", 16),
    "BIGNUMERIC": ("1.5", 32),
    "BOOL": ("TRUE", 1),
    "STRING": ("'héé'", 2 + 5),
    "BYTES": ("b'abc'", 2 + 3),
    "DATE": ("'2026-01-31'", 8),
    "DATETIME": ("'2026-01-31 01:02:03'", 8),
    "TIME": ("'01:02:03'", 8),
    "TIMESTAMP": ("'2026-01-31 01:02:03+00'", 8),
    "JSON": ("JSON '{\"a\":1}'", 2 + 7),
    "INTERVAL": ("INTERVAL 1 DAY", 16),
    "GEOGRAPHY": ("ST_GEOGPOINT(1, 2)", 16 + 24),
    "RANGE<DATE>": ("RANGE<DATE> '[2026-01-01, 2026-02-01)'", 16),
    "STRUCT<a INT64, b STRING>": ("STRUCT(1, 'xy')", 8 + 4),
    "ARRAY<INT64>": ("[1, 2, 3]", 24),
    "ARRAY<STRUCT<s STRING>>": ("[STRUCT('a'), STRUCT('bc')]", 3 + 4),
}
# Each day has one row more than the day before, of 8 bytes for d, 8 for x and 2 + 3 for s.
DAYS = 5
D, X, S = 8, 8, 5
ROWS = sum(range(1, DAYS + 1))


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client("bytes-project")
    client.create_dataset("b")
    days = (
        "SELECT DATE_ADD(DATE '2026-01-01', INTERVAL n - 1 DAY) AS d, k AS x, 'abc' AS s "
        f"FROM UNNEST(GENERATE_ARRAY(1, {DAYS})) AS n, UNNEST(GENERATE_ARRAY(1, n)) AS k"
    )
    client.query_and_wait(f"CREATE TABLE b.plain AS {days}")
    client.query_and_wait(f"CREATE TABLE b.days PARTITION BY d AS {days}")
    client.query_and_wait(
        f"CREATE TABLE b.strict PARTITION BY d OPTIONS (require_partition_filter = TRUE) AS {days}"
    )
    hours = f"SELECT TIMESTAMP(d) AS ts, x FROM ({days})"
    client.query_and_wait(f"CREATE TABLE b.months PARTITION BY TIMESTAMP_TRUNC(ts, MONTH) AS {hours}")
    client.query_and_wait(
        "CREATE TABLE b.ranges PARTITION BY RANGE_BUCKET(x, GENERATE_ARRAY(1, 5, 2)) "
        f"AS SELECT x, s FROM ({days})"
    )
    client.query_and_wait("CREATE VIEW b.seen AS SELECT d, x, UPPER(s) AS s FROM `bytes-project.b.days`")
    return client


def dry(client: bigquery.Client, sql: str, **settings) -> int:
    return client.query(sql, job_config=QueryJobConfig(dry_run=True, **settings)).total_bytes_processed


def days(first: int, last: int) -> int:
    """Return how many rows the days from `first` to `last` have."""
    return sum(range(first, last + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_has_its_documented_size_and_null_has_none(client, kind):
    value, size = KINDS[kind]
    client.query_and_wait(f"CREATE OR REPLACE TABLE b.kinds (a {kind}, other INT64)")
    client.query_and_wait(f"INSERT b.kinds (a, other) VALUES ({value}, 1), ({value}, 2), (NULL, 3)")
    assert dry(client, "SELECT a FROM b.kinds") == 2 * size


READ = {
    "SELECT x FROM b.plain": ROWS * X,
    "SELECT * FROM b.plain": ROWS * (D + X + S),
    "SELECT x, s FROM b.plain WHERE d > '2030-01-01'": ROWS * (D + X + S),
    "SELECT COUNT(*) FROM b.plain": 0,
    "SELECT 1": 0,
    "WITH w AS (SELECT * FROM b.plain) SELECT x FROM w": ROWS * X,
    "SELECT y FROM (SELECT x + 1 AS y, UPPER(s) AS z FROM b.plain)": ROWS * X,
    "SELECT n FROM (SELECT s, COUNT(*) AS n, SUM(x) AS m FROM b.plain GROUP BY s)": ROWS * S,
    "SELECT x FROM (SELECT x, s FROM b.plain UNION ALL SELECT x, s FROM b.days)": 2 * ROWS * X,
    "SELECT x FROM (SELECT x, s FROM b.plain UNION DISTINCT SELECT x, s FROM b.days)": 2 * ROWS * (X + S),
    "SELECT DISTINCT x FROM b.plain ORDER BY x": ROWS * X,
    "SELECT x, SUM(x) OVER (PARTITION BY s ORDER BY d) FROM b.plain": ROWS * (D + X + S),
    "SELECT x FROM b.plain WHERE s IN (SELECT s FROM b.days WHERE d = '2026-01-01')": ROWS * (X + S) + D + S,
    "SELECT a.x FROM b.plain AS a JOIN b.plain AS c ON a.x = c.x": ROWS * X,
    "SELECT a.x FROM b.plain AS a JOIN b.days AS c USING (s) WHERE c.d = '2026-01-03'": ROWS * (X + S)
    + 3 * (D + S),
    "SELECT x FROM b.days": ROWS * X,
    "SELECT x FROM b.days WHERE d = '2026-01-03'": 3 * (D + X),
    "SELECT x FROM b.days WHERE '2026-01-03' < d": days(4, 5) * (D + X),
    "SELECT x FROM b.days WHERE d BETWEEN '2026-01-02' AND '2026-01-03' AND x = 1": days(2, 3) * (D + X),
    "SELECT x FROM b.days WHERE d IN ('2026-01-01', '2026-01-05')": 6 * (D + X),
    "SELECT x FROM b.days WHERE d IN UNNEST([DATE '2026-01-01', NULL, DATE '2026-01-05'])": 6 * (D + X),
    "SELECT x FROM b.days WHERE d IN UNNEST(CAST([] AS ARRAY<DATE>))": 0,
    "SELECT x FROM b.days WHERE d IN UNNEST(ARRAY(SELECT d FROM b.days))": ROWS * (D + X),
    "SELECT x FROM (SELECT * FROM b.days) WHERE d IN UNNEST([DATE '2026-01-05'])": 5 * (D + X),
    "SELECT x FROM b.days WHERE d = '2026-01-01' OR d >= DATE '2026-01-04'": (1 + days(4, 5)) * (D + X),
    "SELECT x FROM b.days WHERE d = '2026-01-01' OR x = 1": ROWS * (D + X),
    "SELECT x FROM b.days WHERE d > DATE_SUB(DATE '2026-01-05', INTERVAL 2 DAY)": days(4, 5) * (D + X),
    "SELECT x FROM b.days WHERE d = (SELECT MAX(d) FROM b.plain)": ROWS * (D + X) + ROWS * D,
    "SELECT x FROM b.plain WHERE EXISTS (SELECT s FROM b.days AS i WHERE i.d = plain.d)": ROWS * (D + X)
    + ROWS * D,
    "WITH RECURSIVE w AS (SELECT x, s FROM b.plain UNION ALL SELECT x + 9, s FROM w WHERE x < 9) "
    "SELECT x FROM w": ROWS * (X + S),
    "SELECT x FROM (SELECT * FROM b.days) WHERE d <= '2026-01-02'": days(1, 2) * (D + X),
    "SELECT x FROM b.days WHERE DATE_TRUNC(d, MONTH) = '2026-02-01'": 0,
    "SELECT x FROM b.days WHERE d IS NULL": 0,
    "SELECT x FROM b.months WHERE ts = '2026-01-03'": ROWS * (8 + X),
    "SELECT x FROM b.months WHERE ts >= '2026-02-01'": 0,
    "SELECT x FROM b.months WHERE DATE(ts) = '2026-01-31'": ROWS * (8 + X),
    "SELECT x FROM b.seen WHERE d = '2026-01-02'": 2 * (D + X),
    "SELECT COUNT(*) FROM b.seen": 0,
    "CREATE TABLE b.never AS SELECT x FROM b.plain": ROWS * X,
    "CREATE VIEW b.never AS SELECT x FROM b.plain": 0,
    "INSERT b.plain (x) SELECT x FROM b.days WHERE d = '2026-01-02'": 2 * (D + X),
    "INSERT b.plain (x) VALUES (1)": 0,
    "UPDATE b.plain SET x = 1 WHERE s = 'a'": ROWS * (D + X + S),
    "DELETE FROM b.days WHERE d = '2026-01-02' AND x = 1": 2 * (D + X + S),
    "UPDATE b.plain SET x = 1 FROM b.days AS o WHERE plain.x = o.x AND o.d = '2026-01-02'": ROWS * (D + X + S)
    + 2 * (D + X),
    "MERGE b.plain AS t USING b.days AS o ON t.x = o.x WHEN NOT MATCHED THEN INSERT (x) VALUES (o.x)": 2
    * ROWS
    * X,
    "MERGE b.plain AS t USING b.days AS o ON t.x = o.x WHEN MATCHED THEN DELETE": ROWS * (D + X + S)
    + ROWS * X,
}


@pytest.mark.parametrize("sql", READ)
def test_a_dry_run_counts_the_columns_and_partitions_that_are_read(client, sql):
    assert dry(client, sql) == READ[sql]


def test_partitions_of_ranges(client):
    # 1 and 2 share a partition, 3 and 4 another, and 5 is outside; each number n occurs 6 - n times.
    assert dry(client, "SELECT s FROM b.ranges WHERE x = 4") == (3 + 2 + 1) * (X + S)
    assert dry(client, "SELECT s FROM b.ranges WHERE x < 2") == (5 + 4 + 1) * (X + S)


def test_constants_may_be_parameters_and_variables(client):
    named = [ScalarQueryParameter("day", "DATE", datetime.date(2026, 1, 2))]
    sql = "SELECT x FROM b.days WHERE d = @day"
    assert dry(client, sql, query_parameters=named) == 2 * (D + X)
    nameless = [
        ScalarQueryParameter(None, "INT64", 1),
        ScalarQueryParameter(None, "DATE", datetime.date(2026, 1, 4)),
    ]
    sql = "SELECT x FROM b.days WHERE x = ? AND d = ?"
    assert dry(client, sql, query_parameters=nameless) == 4 * (D + X)
    script = client.query("DECLARE day DATE DEFAULT '2026-01-02'; SELECT x FROM b.days WHERE d = day")
    assert len(list(script.result())) == 2
    assert client.get_job(script.job_id).total_bytes_processed == 2 * (D + X)
    client.query_and_wait("CREATE OR REPLACE VIEW b.seen AS SELECT d, x FROM b.days")
    script = client.query(
        "DECLARE wanted ARRAY<DATE> DEFAULT (SELECT ARRAY_AGG(d) FROM (SELECT DATE '2026-01-02' AS d));"
        " SELECT x FROM b.seen WHERE d IN UNNEST(wanted) OR d > '2026-02-01'"
    )
    assert len(list(script.result())) == 2
    assert client.get_job(script.job_id).total_bytes_processed == 2 * (D + X)


def test_a_job_reports_what_it_read_and_what_is_billed(client):
    for sql, processed, billed in (
        ("SELECT x FROM b.plain", ROWS * X, 10 * MB),
        ("SELECT a.x FROM b.plain AS a, b.days AS c WHERE c.d = '2026-01-01'", ROWS * X + D, 20 * MB),
        ("SELECT 1", 0, 0),
    ):
        job = client.query(sql)
        job.result()
        assert (job.total_bytes_processed, job.total_bytes_billed) == (processed, billed)
        rows = client.query_and_wait(sql)
        assert (rows.total_bytes_processed, client.get_job(rows.job_id).total_bytes_billed) == (
            processed,
            billed,
        )


# Each reads one table of its own in an expression, then b.plain in a statement.
EXPRESSIONS = {
    "DECLARE d DATE DEFAULT (SELECT MAX(d) FROM b.days WHERE d > '2026-01-04'); SELECT x FROM b.plain": 5 * D,
    "DECLARE n INT64; SET n = (SELECT MAX(x) FROM b.days); SELECT x FROM b.plain": ROWS * X,
    "IF (SELECT MAX(x) FROM b.days) > 0 THEN SELECT x FROM b.plain; END IF": ROWS * X,
    "FOR day IN (SELECT d FROM b.days WHERE d = '2026-01-01') DO SELECT x FROM b.plain; END FOR": D,
    "ASSERT (SELECT COUNT(x) FROM b.days) > 0; SELECT x FROM b.plain": ROWS * X,
}


@pytest.mark.parametrize("script", EXPRESSIONS)
def test_a_script_is_billed_for_its_expressions_too(client, script):
    job = client.query(script)
    job.result()
    job = client.get_job(job.job_id)
    assert (job.total_bytes_processed, job.total_bytes_billed) == (ROWS * X + EXPRESSIONS[script], 20 * MB)
    bounded = QueryJobConfig(maximum_bytes_billed=20 * MB - 1)
    with pytest.raises(GoogleAPICallError, match="20971520 or higher required"):
        client.query(script, job_config=bounded).result()


def test_an_expression_that_reads_no_table_costs_nothing(client):
    job = client.query("DECLARE n INT64 DEFAULT (SELECT 1); SELECT n")
    job.result()
    job = client.get_job(job.job_id)
    assert (job.total_bytes_processed, job.total_bytes_billed) == (0, 0)


def test_whole_megabytes_are_billed(client):
    client.query_and_wait(
        "CREATE OR REPLACE TABLE b.large AS SELECT n FROM UNNEST(GENERATE_ARRAY(1, 1000000)) AS n"
    )
    client.query_and_wait("INSERT b.large SELECT n FROM b.large")
    job = client.query("SELECT n FROM b.large")
    job.result(max_results=1)
    assert (job.total_bytes_processed, job.total_bytes_billed) == (16_000_000, 16 * MB)


def test_a_query_over_its_limit_of_billed_bytes_is_refused(client):
    bounded = QueryJobConfig(maximum_bytes_billed=10 * MB - 1)
    said = "Query exceeded limit for bytes billed: 10485759. 10485760 or higher required."
    with pytest.raises(GoogleAPICallError) as refused:
        client.query("SELECT x FROM b.plain", job_config=bounded).result()
    assert said in refused.value.message
    assert "bytesBilledLimitExceeded" in str(refused.value)
    with pytest.raises(BadRequest, match=r"10485760 or higher required"):
        client.query_and_wait("SELECT x FROM b.plain", job_config=bounded)
    bounded.maximum_bytes_billed = 10 * MB
    assert client.query_and_wait("SELECT x FROM b.plain", job_config=bounded).total_rows == ROWS
    script = "SELECT x FROM b.plain; SELECT x FROM b.days"
    with pytest.raises(GoogleAPICallError, match="20971520 or higher required"):
        client.query(script, job_config=bounded).result()


def test_queries_at_the_same_time_count_the_same_bytes(client):
    """A large table, so that the first has not counted its bytes when the others ask."""
    client.query_and_wait(
        "CREATE OR REPLACE TABLE b.wide AS SELECT REPEAT('x', 98) AS s "
        "FROM UNNEST(GENERATE_ARRAY(1, 1000000))"
    )
    with ThreadPoolExecutor(4) as threads:
        counted = list(threads.map(partial(dry, client), ["SELECT s FROM b.wide"] * 4))
    assert counted == [100_000_000] * 4


def test_bytes_follow_changes_of_the_rows(client):
    client.query_and_wait("CREATE OR REPLACE TABLE b.moving AS SELECT 1 AS x")
    counted = []
    for sql in (
        "INSERT b.moving VALUES (2), (3)",
        "DELETE FROM b.moving WHERE x = 1",
        "TRUNCATE TABLE b.moving",
    ):
        counted.append(dry(client, "SELECT x FROM b.moving"))
        client.query_and_wait(sql)
    assert [*counted, dry(client, "SELECT x FROM b.moving")] == [8, 24, 16, 0]


UNFILTERED = [
    "SELECT * FROM b.strict",
    "SELECT x FROM b.strict WHERE d = '2026-01-01' OR x = 1",
    "SELECT x FROM b.strict WHERE d = (SELECT MAX(d) FROM b.plain)",
    "SELECT a.x FROM b.strict AS a JOIN b.strict AS c USING (x) WHERE a.d = '2026-01-01'",
    "DELETE FROM b.strict WHERE x = 1",
    "UPDATE b.strict SET x = 2 WHERE x = 1",
]


@pytest.mark.parametrize("sql", UNFILTERED)
def test_a_required_partition_filter_is_enforced(client, sql):
    wanted = (
        "Cannot query over table 'bytes-project.b.strict' without a filter over column(s) 'd' "
        "that can be used for partition elimination"
    )
    for settings in ({"dry_run": True}, {}):
        with pytest.raises(BadRequest) as refused:
            client.query(sql, job_config=QueryJobConfig(**settings)).result()
        assert wanted in refused.value.message


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT x FROM b.strict WHERE d >= '2026-01-01'",
        "SELECT x FROM b.strict WHERE d IS NOT NULL",
        "SELECT a.x FROM b.strict AS a JOIN b.plain AS c ON a.x = c.x AND a.d = '2026-01-01'",
        "SELECT x FROM (SELECT d, x FROM b.strict) WHERE d IN ('2026-01-01')",
        "DELETE FROM b.strict WHERE d = '2031-01-01'",
        "INSERT b.strict (d, x) VALUES ('2026-01-01', 1)",
        "CREATE OR REPLACE VIEW b.through AS SELECT x FROM b.strict WHERE d = '2026-01-01'",
    ],
)
def test_a_filter_that_leaves_out_partitions_is_enough(client, sql):
    client.query_and_wait(sql)
