"""The command against a local BigQuery: who is listed, who is held out, and what effect it had."""

import csv
import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.api_core.exceptions import Forbidden
from google.cloud.bigquery import ArrayQueryParameter, Client, LoadJobConfig, QueryJobConfig

import audience.warehouse
from audience.__main__ import main
from audience.warehouse import Row, Warehouse
from components.shared.clients import bigquery_client
from components.shared.queries import run_query
from infra.migration import make_tables
from localcloud.endpoints import Endpoints

DAY, CUSTOMERS = date(2026, 1, 31), 2_400
GOLD, BI, CONTACTS = "audience_gold", "audience_bi", "audience_contacts"
KEYS = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(CUSTOMERS)]
CALLS = f"""CREATE TABLE {BI}.bi_customers_to_call AS SELECT DATE '{DAY}' AS prediction_date, customer_key,
  ROW_NUMBER() OVER (ORDER BY customer_key) AS call_rank, 'regular' AS segment, 0.5 AS churn_probability,
  30 AS horizon_days, 20.0 AS value, 10.0 AS expected_spend, 10.0 AS expected_loss, 'EUR' AS currency,
  0.547 AS lapsed_share, CAST(9 AS INT64) AS days_since_last_purchase, '=games' AS product_category,
  'web' AS channel, '@why' AS reasons
  FROM UNNEST(@keys) AS customer_key"""


LAPSED = "EUR: 55% of the value at risk belongs to lapsed customers,"


@pytest.fixture(scope="module")
def client(cloud: Endpoints) -> Iterator[Client]:
    with bigquery_client(cloud.project) as client:
        for dataset in (GOLD, BI, CONTACTS):
            client.create_dataset(dataset)
        make_tables(client, client.project, {"warehouse": GOLD, "features": GOLD})
        keys = QueryJobConfig(query_parameters=[ArrayQueryParameter("keys", "STRING", KEYS)])
        client.query_and_wait(CALLS, job_config=keys)
        client.query_and_wait(
            f"CREATE VIEW {BI}.bi_lapsed_customers AS SELECT * REPLACE ('lapsed' AS segment)"
            f" FROM {BI}.bi_customers_to_call WHERE call_rank <= 3"
        )
        client.query_and_wait(f"CREATE TABLE {GOLD}.dim_customer AS SELECT DATE '{DAY}' AS as_of_date")
        columns = "customer_key STRING, sale_id STRING, sale_date DATE, currency STRING, net_amount FLOAT64"
        client.query_and_wait(f"CREATE TABLE {GOLD}.fct_sales ({columns}, status STRING)")
        client.query_and_wait(
            f"CREATE TABLE {CONTACTS}.customer_ids (customer_key STRING, customer_id STRING)"
        )
        yield client


def run(client: Client, *words: str) -> int:
    datasets = ["--warehouse-dataset", GOLD, "--bi-dataset", BI, "--contacts-dataset", CONTACTS]
    places = ["--project", client.project, *datasets]
    return main([*words, *places])


def is_held_out(campaign: str, key: str, share: float) -> bool:
    digits = hashlib.sha256(f"{campaign}/{key}".encode()).hexdigest()[:13]
    return int(digits, 16) / 2**52 < share


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_a_list_has_the_shops_own_ids_for_those_who_may_read_them(
    client: Client, tmp_path: Path, capsys, monkeypatch
) -> None:
    calls = tmp_path / "calls.csv"
    words = ["--top", "6", "--with-ids", "--output", str(calls), "--replace"]
    assert run(client, *words) == 1
    assert f"{CONTACTS} has none of these ids: the next run of the batch adds them" in capsys.readouterr().err
    # Of the first five; the sixth is no longer a customer.
    ids = ["C-1", "=1+1", "+1;=2", "-1", "@a"]
    rows = [{"customer_key": key, "customer_id": own} for key, own in zip(sorted(KEYS), ids, strict=False)]
    table = client.get_table(f"{CONTACTS}.customer_ids")
    client.load_table_from_json(rows, table, job_config=LoadJobConfig(schema=table.schema)).result()
    assert run(client, *words) == 0
    told = f"{calls}: 5 customers; 1 no longer customers of the shop are left out"
    assert capsys.readouterr().out == f"{told}\n{LAPSED} listed separately: --lapsed\n"
    assert [row["customer_id"] for row in read(calls)] == ["C-1", "'=1+1", "'+1;'=2", "'-1", "'@a"]
    assert [row["customer_key"] for row in read(calls)] == sorted(KEYS)[:5]
    assert run(client, *(word for word in words if word != "--with-ids")) == 0
    assert "customer_id" not in read(calls)[0]

    def refused(asked: Client, sql: str, parameters: Any) -> Any:
        if "customer_ids" in sql:
            raise Forbidden("Access Denied: Table customer_ids; reason: accessDenied")
        return run_query(asked, sql, parameters)

    monkeypatch.setattr(audience.warehouse, "run_query", refused)
    calls.unlink()
    for asked in (words, ["start", "summer", "--top", "2400", "--with-ids", "--output", str(calls)]):
        assert run(client, *asked) == 1
        told = capsys.readouterr().err
        assert (
            f"roles/bigquery.dataViewer on the dataset {CONTACTS}, which Terraform's contact_readers grants"
            in told
        )
        assert not calls.exists()
    started = client.query_and_wait(f"SELECT COUNT(*) AS n FROM {GOLD}.retention_audiences")
    assert next(iter(started))["n"] == 0


def test_lapsed_customers_are_listed_separately(client: Client, tmp_path: Path, capsys) -> None:
    back = tmp_path / "back.csv"
    assert run(client, "--lapsed", "--output", str(back)) == 0
    assert {row["segment"] for row in read(back)} == {"lapsed"}
    assert capsys.readouterr().out == f"{back}: 3 customers\n{LAPSED} in this list\n"


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["--top", "500"], "list 2,287, raise --holdout-share, or list without measuring"),
        (
            ["--top", "3000", "--holdout-share", "0.05"],
            "no more than 2,400 customers can be listed; give --holdout-share 0.1, or list without measuring",
        ),
        (["--top", "500", "--holdout-share", "0.05"], "give --holdout-share 0.1 --top 2400, or"),
        (["--lapsed"], "no more than 3 customers can be listed; list without measuring"),
    ],
)
def test_too_small_a_holdout_is_refused_with_what_would_do(
    words: list[str], remedy: str, client: Client, tmp_path: Path, capsys
) -> None:
    assert run(client, "start", "small", *words, "--output", str(tmp_path / "small.csv")) == 1
    told = capsys.readouterr().err
    assert "200 are needed to measure an effect: " in told and remedy in told
    assert not list(tmp_path.iterdir())


def test_a_campaign_from_its_start_to_its_effect(client: Client, tmp_path: Path, capsys) -> None:
    calls, spring = tmp_path / "calls.csv", tmp_path / "spring.csv"
    assert run(client, "--top", "5", "--output", str(calls)) == 0
    assert [row["customer_key"] for row in read(calls)] == sorted(KEYS)[:5]
    assert {(row["product_category"], row["reasons"]) for row in read(calls)} == {("'=games", "'@why")}
    assert run(client, "--top", "5", "--output", str(calls)) == 1
    assert "already exists" in capsys.readouterr().err

    assert run(client, "start", "spring", "--top", "2400", "--output", str(spring)) == 0
    held_out = {key for key in KEYS if is_held_out("spring", key, 0.1)}
    assert {row["customer_key"] for row in read(spring)} == set(KEYS) - held_out
    assert run(client, "start", "spring", "--output", str(tmp_path / "again.csv")) == 1
    assert "spring was started on" in capsys.readouterr().err

    assert run(client, "effect", "spring") == 1
    assert "its window closes on 2026-03-02" in capsys.readouterr().err
    client.query_and_wait(f"UPDATE {GOLD}.dim_customer SET as_of_date = DATE '2026-03-02' WHERE TRUE")
    buyers = [key for place, key in enumerate(KEYS) if place % (4 if key in held_out else 2) == 0]
    day = str(DAY + timedelta(3))
    sales = [
        {"customer_key": key, "sale_id": key, "sale_date": day, "currency": "EUR", "net_amount": 8.0}
        | {"status": "completed"}
        for key in buyers
    ]
    schema = client.get_table(f"{GOLD}.fct_sales").schema
    client.load_table_from_json(sales, f"{GOLD}.fct_sales", job_config=LoadJobConfig(schema=schema)).result()
    assert run(client, "effect", "spring", "--cost", "2.50") == 0
    assert "The campaign retained" in capsys.readouterr().out
    [churn] = client.query_and_wait(f"SELECT * FROM {GOLD}.retention_effects WHERE measure = 'churn'")
    left = {arm: [key not in set(buyers) for key in keys] for arm, keys in
            (("held", held_out), ("listed", set(KEYS) - held_out))}  # fmt: skip
    means = {arm: sum(values) / len(values) for arm, values in left.items()}
    assert churn["held_out"] == len(held_out)
    assert churn["difference"] == pytest.approx(means["listed"] - means["held"])
    assert churn["cost_per_kept"] == pytest.approx(2.5 / (means["held"] - means["listed"]))


def test_invalid_arguments_are_named(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = ["--output", str(tmp_path / "calls.csv")]
    for words, told in (
        (["--top", "0", *output], "--top 0: give 1 to 10,000"),
        (["start", "Spring!", *output], "'Spring!' is not a valid campaign name"),
        (["start", "spring", "--holdout-share", "0.9", *output], "--holdout-share 0.9: give more than 0"),
    ):
        assert run(client, *words) == 2
        assert capsys.readouterr().err.startswith(f"error: {told}")
    with pytest.raises(SystemExit, match="2"):
        main(["strat", "spring"])
    assert "invalid choice: 'strat'" in capsys.readouterr().err


def run_at_once(
    client: Client, monkeypatch: pytest.MonkeyPatch, query: str, *commands: tuple[str, ...]
) -> list[int]:
    """Run commands that all come to a query before any of them asks it; return their sorted exit codes."""
    ready, ask = threading.Barrier(len(commands)), Warehouse.ask

    def wait_and_ask(warehouse: Warehouse, asked: str, parameters: Any, **names: str) -> list[Row]:
        if asked == query:
            ready.wait(60)
        return ask(warehouse, asked, parameters, **names)

    with monkeypatch.context() as patch, ThreadPoolExecutor(len(commands)) as threads:
        patch.setattr(Warehouse, "ask", wait_and_ask)
        return sorted(threads.map(lambda words: run(client, *words), commands))


@pytest.fixture
def untouched(client: Client) -> None:
    for table in ("retention_audiences", "retention_effects"):
        client.query_and_wait(f"DELETE FROM {GOLD}.{table} WHERE TRUE")


@pytest.mark.usefixtures("untouched")
def test_of_two_starts_of_one_campaign_at_once_one_is_refused(
    client: Client, tmp_path: Path, capsys, monkeypatch
) -> None:
    tops = (1_200, 2_400)
    commands = [
        (
            "start",
            "twin",
            "--holdout-share",
            "0.3",
            "--top",
            str(top),
            "--output",
            str(tmp_path / f"{top}.csv"),
        )
        for top in tops
    ]
    assert run_at_once(client, monkeypatch, "start", *commands) == [0, 1]
    told = capsys.readouterr()
    assert "twin has just been started by somebody else: --campaign twin writes its list again" in told.err
    [recorded] = client.query_and_wait(f"SELECT COUNT(*) AS customers FROM {GOLD}.retention_audiences")
    [top] = (top for top in tops if (tmp_path / f"{top}.csv").exists())
    assert recorded["customers"] == top
    held_out = sum(is_held_out("twin", key, 0.3) for key in sorted(KEYS)[:top])
    assert f"twin: {top - held_out:,} listed, {held_out:,} held out" in told.out


@pytest.mark.usefixtures("untouched")
def test_a_start_tells_whom_it_records_of_those_the_view_still_shows(
    client: Client, tmp_path: Path, capsys
) -> None:
    def begin(name: str) -> int:
        words = ["start", name, "--holdout-share", "0.3", "--output", str(tmp_path / name)]
        return run(client, *words, "--top", "1200" if name == "first" else "2400")

    assert begin("first") == 0
    assert begin("second") == 0
    others = sorted(KEYS)[1_200:]
    held_out = sum(is_held_out("second", key, 0.3) for key in others)
    assert f"second: {1_200 - held_out:,} listed, {held_out:,} held out" in capsys.readouterr().out
    assert {row["customer_key"] for row in read(tmp_path / "second")} == {
        key for key in others if not is_held_out("second", key, 0.3)
    }
    assert begin("third") == 1
    told = capsys.readouterr()
    assert told.out == "" and "or all are in running campaigns" in told.err


@pytest.mark.usefixtures("untouched")
def test_a_start_that_is_left_with_too_few_records_nobody(client: Client, tmp_path: Path, capsys) -> None:
    words = ["--holdout-share", "0.3", "--output"]
    assert run(client, "start", "most", "--top", "2000", *words, str(tmp_path / "most")) == 0
    assert run(client, "start", "rest", "--top", "2400", *words, str(tmp_path / "rest")) == 1
    held_out = sum(is_held_out("rest", key, 0.3) for key in sorted(KEYS)[2_000:])
    assert f"only {held_out} of 400 customers would be held out" in capsys.readouterr().err
    rows = client.query_and_wait(f"SELECT DISTINCT campaign FROM {GOLD}.retention_audiences")
    assert [row["campaign"] for row in rows] == ["most"]


@pytest.mark.usefixtures("untouched")
def test_two_measurements_at_once_leave_one(client: Client, tmp_path: Path, monkeypatch) -> None:
    output = ["--holdout-share", "0.3", "--top", "2400", "--output", str(tmp_path / "measured")]
    assert run(client, "start", "measured", *output) == 0
    client.query_and_wait(f"UPDATE {GOLD}.dim_customer SET as_of_date = DATE '2026-03-02' WHERE TRUE")
    effect = ("effect", "measured")
    assert run_at_once(client, monkeypatch, "outcomes", effect, effect, effect) == [0, 0, 0]
    rows = client.query_and_wait(f"SELECT measure, currency FROM {GOLD}.retention_effects")
    assert sorted((row["measure"], row["currency"]) for row in rows) == [("churn", "all"), ("spend", "EUR")]
