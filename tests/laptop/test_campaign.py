"""A simulated campaign: which days are run, what starts between them, and what is measured afterwards."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud.bigquery import Client

from components.shared.clients import bigquery_client
from infra.migration import make_tables
from laptop import batch, campaign, day
from laptop.state import BatchState
from localcloud.endpoints import Endpoints

DATASETS = {"warehouse": "campaign_gold", "bi": "campaign_bi", "features": "campaign_features"}
CALLS = """CREATE OR REPLACE TABLE campaign_bi.bi_customers_to_call AS SELECT @day AS prediction_date,
  TO_HEX(SHA256(CAST(number AS STRING))) AS customer_key, number AS call_rank, 'regular' AS segment,
  0.5 AS churn_probability, 30 AS horizon_days, 20.0 AS value, 10.0 AS expected_spend, 10.0 AS expected_loss,
  'EUR' AS currency, 9 AS days_since_last_purchase, 'toys' AS product_category, 'web' AS channel,
  'why' AS reasons
  FROM UNNEST(GENERATE_ARRAY(1, 1000)) AS number"""


@pytest.fixture
def client(cloud: Endpoints, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(campaign, "DATASETS", DATASETS)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", cloud.project)
    with bigquery_client(cloud.project) as client:
        for dataset in DATASETS.values():
            client.create_dataset(dataset, exists_ok=True)
        make_tables(client, client.project, DATASETS)
        columns = "customer_key STRING, sale_id STRING, sale_date DATE, currency STRING, net_amount FLOAT64"
        client.query_and_wait(f"CREATE OR REPLACE TABLE campaign_gold.fct_sales ({columns}, status STRING)")
        client.query_and_wait("CREATE OR REPLACE TABLE campaign_gold.dim_customer (as_of_date DATE)")
        yield client


def test_two_days_are_run_a_horizon_apart_with_a_campaign_between_them(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    written: list[Path] = []

    def run(words: list[str]) -> int:
        ran.append(words[-1])
        (tmp_path / "reports").mkdir(parents=True, exist_ok=True)
        if len(ran) == 1:
            client.query_and_wait(CALLS.replace("@day", f"DATE '{ran[0]}'"))
        client.query_and_wait(f"INSERT INTO campaign_gold.dim_customer (as_of_date) VALUES ('{ran[-1]}')")
        return 0

    monkeypatch.setattr(day, "main", run)
    monkeypatch.setattr(campaign, "write_dashboard", lambda _project, _dataset, path: written.append(path))
    words = ["--state-dir", str(tmp_path), "--horizon-days", "30"]
    assert campaign.main(words) == 0
    today = datetime.now(UTC).date()
    assert ran == [str(today - timedelta(days=30)), str(today)]
    [churn] = client.query_and_wait(
        "SELECT listed, held_out, verdict, listed_mean FROM campaign_gold.retention_effects"
        " WHERE measure = 'churn'"
    )
    assert churn["listed"] + churn["held_out"] == 1000
    assert (churn["verdict"], churn["listed_mean"]) == ("not found", 1)  # nobody has bought anything
    told = capsys.readouterr().out
    assert f"{churn['held_out']} of 1,000 held out" in told
    assert "No significant effect" in told
    assert written == [tmp_path / "reports" / "dashboard.html"]


def test_it_resumes_after_the_last_run_and_stops_if_no_campaign_can_start(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[Any] = []
    monkeypatch.setattr(day, "main", ran.append)
    BatchState(last_as_of=str(date(2026, 1, 31))).save(tmp_path)
    client.query_and_wait("DELETE FROM campaign_gold.retention_audiences WHERE TRUE")
    client.query_and_wait(CALLS.replace("@day", "DATE '2026-01-31'") + " WHERE number <= 400")
    assert campaign.main(["--state-dir", str(tmp_path)]) == 1
    assert "200 are needed to measure an effect" in capsys.readouterr().err
    assert ran == []


def test_a_first_run_that_fails_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day, "main", lambda _: 130)
    assert campaign.main(["--state-dir", str(tmp_path)]) == 130


@pytest.mark.parametrize("other", [["--sales", "orders.csv"], ["--as-of", "2026-01-31"]])
def test_a_campaign_accepts_neither_sales_nor_a_day(
    other: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch.main(["--campaign", *other, "--state-dir", str(tmp_path)]) == 2
    assert "give neither --sales nor --as-of" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
