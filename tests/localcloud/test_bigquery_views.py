"""Views keep their text as written, and one that is created again unchanged stays the same."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from google.cloud import bigquery
from google.cloud.bigquery import QueryJobConfig

from components.shared.clients import bigquery_client
from localcloud.bigquery import analysis_cache
from localcloud.bigquery.analysis_cache import AnalysisCache

PROJECT = "viewed-project"
QUERY = (
    "-- of each\nSELECT n, PARSE_JSON('1', wide_number_mode=>'round')  AS j\nFROM `viewed-project.shop.sales`"
)
SALES = f"CREATE OR REPLACE VIEW shop.each OPTIONS (description = 'All AS sold') AS {QUERY}"


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client(PROJECT)
    client.create_dataset("shop")
    return client


@pytest.fixture(autouse=True)
def sales(client: bigquery.Client) -> Iterator[None]:
    client.query_and_wait("CREATE OR REPLACE TABLE shop.sales (n INT64)")
    client.query_and_wait("INSERT INTO shop.sales VALUES (5)")
    yield
    for name in ("each", "twice"):
        client.delete_table(f"shop.{name}", not_found_ok=True)


def made(client: bigquery.Client, sql: str) -> bigquery.Table:
    """Run a statement that creates a view and return the view."""
    job = client.query(sql)
    job.result()
    assert job.statement_type == "CREATE_VIEW"
    return client.get_table(job.ddl_target_table)


def test_the_text_is_as_it_was_written(client: bigquery.Client) -> None:
    view = made(client, f"{SALES};")
    assert view.view_query == QUERY
    assert view.description == "All AS sold"
    assert made(client, "CREATE VIEW shop.twice (m) AS (SELECT 2*n FROM shop.sales)").view_query == (
        "(SELECT 2*n FROM shop.sales)"
    )


def test_a_view_created_again_says_so_and_is_the_same(client: bigquery.Client) -> None:
    first, again = made(client, SALES), made(client, SALES)
    assert again.modified > first.modified
    assert again.created > first.created  # as in BigQuery, for what is replaced
    assert (again.schema, again.view_query, again.description) == (
        first.schema,
        first.view_query,
        first.description,
    )
    job = client.query(SALES)
    job.result()
    assert job.ddl_operation_performed == "REPLACE"
    assert [table.table_id for table in job.referenced_tables] == ["sales"]


@pytest.mark.parametrize(
    "meanwhile",
    [
        "DROP VIEW shop.each",
        "CREATE OR REPLACE VIEW shop.each AS SELECT 7 AS n",
        "ALTER VIEW shop.each SET OPTIONS (description = 'another')",
    ],
)
def test_creating_a_view_again_undoes_other_changes(client: bigquery.Client, meanwhile: str) -> None:
    made(client, SALES)
    made(client, SALES)
    client.query_and_wait(meanwhile)
    assert made(client, SALES).description == "All AS sold"
    [[n]] = client.query_and_wait("SELECT n FROM shop.each")
    assert n == 5


def test_creating_a_view_again_undoes_a_description_given_to_it_later(client: bigquery.Client) -> None:
    sql = "CREATE OR REPLACE VIEW shop.each AS SELECT n FROM shop.sales"
    view = made(client, sql)
    view.description = "Each sale"  # as Dataform describes a view once it exists
    client.update_table(view, ["description"])
    assert made(client, sql).description is None
    assert made(client, sql).view_query == view.view_query


def test_a_view_has_the_columns_of_its_tables_when_it_is_made(client: bigquery.Client) -> None:
    every = "CREATE OR REPLACE VIEW shop.each AS SELECT * FROM shop.sales"
    above = "CREATE OR REPLACE VIEW shop.twice AS SELECT * FROM shop.each"
    for kinds in (["INTEGER"], ["INTEGER", "STRING"], ["FLOAT"]):
        columns = ", ".join(
            f"{name} {kind}" for name, kind in zip(["n", "s"], map(googlesql, kinds), strict=False)
        )
        client.query_and_wait(f"CREATE OR REPLACE TABLE shop.sales ({columns})")
        for sql in (every, above):
            assert [field.field_type for field in made(client, sql).schema] == kinds


def googlesql(kind: str) -> str:
    return {"INTEGER": "INT64", "FLOAT": "FLOAT64"}.get(kind, kind)


def test_a_view_answers_by_its_tables_current_types(client: bigquery.Client) -> None:
    text = "CREATE OR REPLACE VIEW shop.each AS SELECT CAST(n AS STRING) AS t FROM shop.sales"
    made(client, text)
    client.query_and_wait("CREATE OR REPLACE TABLE shop.sales AS SELECT 5.0 AS n")
    made(client, text)
    [[t]] = client.query_and_wait("SELECT t FROM shop.each")
    assert t == "5"  # as BigQuery writes a FLOAT64 of 5


def test_a_dry_run_is_not_remembered(client: bigquery.Client) -> None:
    made(client, "CREATE OR REPLACE VIEW shop.each AS SELECT 7 AS n")
    client.query(SALES, QueryJobConfig(dry_run=True))
    assert made(client, SALES).view_query == QUERY


def test_a_file_that_cannot_be_read_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "statements.sqlite"
    file.write_text("no database, and longer than the head of one" * 100)
    with closing(AnalysisCache(file)) as anew:
        anew.put("a text", "a thing", 1)
    with closing(AnalysisCache(file)) as found:
        assert found.get("a thing", 1) == "a text"
        assert found.get("a thing", 2) is None


def test_only_the_newest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis_cache, "MOST", 10)
    with closing(AnalysisCache(tmp_path / "statements.sqlite")) as first:
        for n in range(25):
            first.put(str(n), n)
    with closing(AnalysisCache(tmp_path / "statements.sqlite")) as then:
        assert [n for n in range(25) if then.get(n)] == [*range(15, 25)]
