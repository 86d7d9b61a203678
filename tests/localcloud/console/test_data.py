"""The data pages, over tables of the local BigQuery, as text and in Chromium."""

import html
import re
import time

import pytest
from google.cloud import bigquery

from components.shared.clients import bigquery_client
from localcloud.console import formats
from localcloud.console.data import Data
from localcloud.endpoints import free_port

PROJECT = "shown-project"
SCRIPT = "<script>alert(1)</script>"
TABLES = (
    """CREATE TABLE shop.orders (
         day DATE OPTIONS (description = 'When it was paid.'),
         customer STRING, amount FLOAT64, tags ARRAY<STRING>, place STRUCT<town STRING, zone INT64>
       ) PARTITION BY day CLUSTER BY customer
       OPTIONS (description = 'What was bought. One row an order.')""",
    """INSERT INTO shop.orders VALUES
         ('2026-01-31', 'Ann', 2.5, ['new', 'vip'], ('Oslo', 7)),
         ('2026-01-31', 'Bob', NULL, [], NULL),
         ('2026-02-01', 'Ann', 40, [], NULL)""",
    "CREATE VIEW shop.large AS SELECT * FROM shop.orders WHERE amount > 10",
    f"CREATE TABLE shop.hostile (s STRING) OPTIONS (description = '{SCRIPT}')",
    f"INSERT INTO shop.hostile VALUES ('{SCRIPT}')",
    "CREATE TABLE secrets.keys AS SELECT 'the key' AS secret",
)
CHANGES = {
    "DELETE": "DELETE FROM orders WHERE TRUE",
    "CREATE_TABLE_AS_SELECT": "CREATE TABLE copies AS SELECT * FROM orders",
    "SCRIPT": "SELECT 1; DROP TABLE orders",
    "EXPORT_DATA": "EXPORT DATA OPTIONS (uri = 'gs://b/x*.csv', format = 'CSV') AS SELECT * FROM orders",
}


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client(PROJECT)
    for dataset in ("shop", "secrets"):
        client.create_dataset(dataset)
    for statement in TABLES:
        client.query_and_wait(statement)
    return client


@pytest.fixture
def data(client, cloud, console_over):
    """A console that shows one of the two datasets."""
    return console_over(None, Data(PROJECT, f"http://{cloud.address('bigquery')}", ["shop", "absent"]))


def ask(data, sql: str, path: str = "/data/ask", **headers: str):
    return data.client.post(path, data={"dataset": "shop", "sql": sql}, headers=headers)


def told(page: str) -> str:
    """Return a page's text without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_a_dataset_shows_its_tables(data, client):
    page = told(data.get("/data"))
    size = formats.size(client.get_table("shop.orders").num_bytes)
    assert f"orders What was bought. 3 {size} day, by day" in page
    assert "large view" in page
    assert "secrets" not in page and "absent" not in page


def test_a_table_shows_columns_partitions_and_rows(data):
    page = told(data.get("/data/shop/orders"))
    assert "What was bought. One row an order." in page
    assert "day DATE When it was paid." in page
    assert "tags ARRAY<STRING> place STRUCT<town STRING, zone INT64>" in page
    assert "Partitioned by day, by day Clustered by customer" in page
    assert "Partition Rows 20260201 1 20260131 2" in page
    assert '2026-01-31 Ann 2.5 ["new", "vip"] {"town": "Oslo", "zone": 7}' in page
    assert "2026-01-31 Bob NULL [] NULL" in page


def test_a_view_shows_rows_too(data):
    page = told(data.get("/data/shop/large"))
    assert "Kind view" in page and "2026-02-01 Ann 40.0" in page


def test_a_query_is_answered_with_the_size_it_reads(data, client):
    sql = "SELECT customer, SUM(amount) AS spent FROM orders GROUP BY customer ORDER BY customer"
    settings = bigquery.QueryJobConfig(dry_run=True, default_dataset=f"{PROJECT}.shop")
    size = formats.size(client.query(sql, settings).total_bytes_processed)
    assert ask(data, sql, "/data/cost").text == f"Would read {size}."
    page = told(ask(data, sql).text)
    assert re.search(rf"2 rows; {size} read .* customer spent Ann 42.5 Bob NULL", page)


def test_only_some_of_many_rows_are_shown(data):
    page = ask(data, "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 5000)) AS n ORDER BY n").text
    assert "5,000 rows, of which 100 are shown" in told(page)
    assert page.count("<td") >= 100


@pytest.mark.parametrize("kind", CHANGES)
def test_anything_but_a_select_is_refused(data, client, kind):
    for path in ("/data/ask", "/data/cost"):
        answer = ask(data, CHANGES[kind], path)
        assert answer.status_code == 400
        assert f"Only a SELECT can be run here, not {kind}." in told(answer.text)
    assert client.get_table("shop.orders").num_rows == 3
    assert {table.table_id for table in client.list_tables("shop")} == {"orders", "large", "hostile"}


def test_an_invalid_query_stays_and_shows_googles_message(data):
    answer = ask(data, "SELECT nope FROM orders")
    assert answer.status_code == 400
    assert re.search(r'<p id="problem"[^>]*>Unrecognized name: nope at \[1:8\]</p>', answer.text)
    assert ">SELECT nope FROM orders</textarea>" in answer.text


@pytest.mark.parametrize(
    "path", ["/data?dataset=secrets", "/data/secrets/keys", "/data/shop/no", "/data/a`b/c"]
)
def test_what_is_not_shown_is_not_found(data, path):
    assert "the key" not in data.get(path, 404)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT secret FROM secrets.keys",
        "SELECT * FROM `secrets.k*`",
        "SELECT * FROM secrets.INFORMATION_SCHEMA.COLUMNS",
        "SELECT COUNT(*) FROM orders WHERE 'the key' IN (SELECT secret FROM secrets.keys)",
    ],
)
def test_a_query_of_a_hidden_dataset_is_refused(data, sql):
    answer = ask(data, sql)
    assert answer.status_code == 400 and "Not shown here: secrets." in told(answer.text)


@pytest.mark.parametrize("path", ["/data/ask", "/data/cost"])
def test_queries_from_another_site_are_refused(data, path):
    assert ask(data, "SELECT 1", path, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert ask(data, "SELECT 1", path, **{"Sec-Fetch-Site": "", "Origin": "http://a.test"}).status_code == 403


def test_no_data_becomes_markup(data):
    pages = [data.get("/data"), data.get("/data/shop/hostile"), ask(data, f"SELECT '{SCRIPT}' AS `a<b`").text]
    for page in [*pages, data.get(f"/data?sql={SCRIPT}")]:
        assert SCRIPT not in page and html.escape(SCRIPT) in page
    assert data.client.get("/data").headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_missing_bigquery_is_reported_at_once(console_over):
    began = time.monotonic()
    gone = console_over(None, Data(PROJECT, f"http://127.0.0.1:{free_port()}"))
    assert "The local BigQuery is not responding" in gone.get("/data", 502)
    assert time.monotonic() - began < 30


def test_a_table_that_a_step_made_links_to_its_page(data, step_detail, step_artifact):
    made = {"projectId": PROJECT, "datasetId": "shop", "tableId": "orders"}
    hidden = {**made, "datasetId": "secrets", "tableId": "keys"}
    outputs = step_artifact("a", "system.Artifact", **made) | step_artifact("b", "system.Artifact", **hidden)
    data.jobs.add("churn-1", jobDetail={"taskDetails": [step_detail("export-sales", outputs=outputs)]})
    page = data.get("/runs/churn-1/tasks/export-sales")
    assert f'<a href="/data/shop/orders">{PROJECT}.shop.orders</a>' in page
    assert f"{PROJECT}.secrets.keys" in page and "/data/secrets" not in page


def test_without_data_there_is_no_data_page(console):
    assert "/data" not in console.get("/")
    console.get("/data", 404)


def test_the_cost_is_shown_before_the_query_runs(data, page):
    page.goto(data.url("/data"))
    page.get_by_role("link", name="orders").click()
    page.get_by_role("link", name="Query").click()
    page.locator("#cost", has_text="Would read").wait_for()
    box = page.get_by_label("SQL query")
    box.fill("SELECT nope FROM orders")
    page.locator("#cost.wrong", has_text="Unrecognized name: nope").wait_for()
    box.fill("SELECT customer FROM orders WHERE amount = 40")
    page.locator("#cost:not(.wrong)", has_text="Would read").wait_for()
    box.press("Control+Enter")
    page.get_by_role("cell", name="Ann").wait_for()
    assert page.get_by_label("SQL query").input_value().startswith("SELECT customer")


@pytest.mark.parametrize("width", [360, 1280])
def test_no_data_page_is_wider_than_the_screen(data, page, width):
    page.set_viewport_size({"width": width, "height": 800})
    wide = "SELECT " + ", ".join(f"REPEAT('wide', 99) AS column_number_{n}" for n in range(12))
    for path in ("/data", "/data/shop/orders", f"/data?sql={wide}"):
        page.goto(data.url(path))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        ends = "all => Math.max(...all.map(one => one.getBoundingClientRect().right))"
        assert 0 < page.eval_on_selector_all(".stack td, .stack th[scope=row]", ends) <= width, path
    page.get_by_role("button", name="Run query").click()
    page.get_by_role("columnheader", name="column_number_11").wait_for()
    page.wait_for_load_state()  # for the styles too, which come after the table
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_data(data, chromium, axe, scheme):
    with chromium.new_context(bypass_csp=True, color_scheme=scheme) as context:
        page = context.new_page()
        for path in ("/data", "/data/shop/orders", "/data?sql=SELECT nope FROM orders"):
            page.goto(data.url(path))
            page.evaluate(axe)
            assert page.evaluate("axe.run().then(found => found.violations.map(one => one.id))") == [], path
        page.get_by_role("button", name="Run query").click()
        page.get_by_role("alert").wait_for()
        page.wait_for_load_state()
        page.evaluate(axe)
        assert page.evaluate("axe.run().then(found => found.violations.map(one => one.id))") == []
