"""An earlier day is predicted as known then and compared with its outcome; its campaign is measured."""

from collections.abc import Iterator
from concurrent.futures import Future
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from google.cloud.bigquery import Client, LoadJobConfig

from components.churn_model import saved_model
from components.shared.clients import bigquery_client, storage_client
from components.train_churn_model.registry import fetch_day, fetch_version
from generators.population import Population
from infra.migration import make_tables
from laptop import look_back
from laptop.demo_campaign import DemoCampaign
from localcloud.endpoints import Endpoints
from tests.laptop.test_campaign import CALLS

DAYS, AS_OF = 30, date(2026, 1, 31)
ON = AS_OF - timedelta(days=DAYS)
BUCKET = "looked-back"
DATASETS = {name: f"looked_back_{name}" for name in ("warehouse", "bi", "features")}
VERSION = (
    "sale_id STRING, customer_key STRING, sale_date DATE, product_category STRING, quantity INT64, "
    "total_amount FLOAT64, currency STRING, status STRING, known_from_date DATE, known_until_date DATE, "
    "net_amount FLOAT64"
)
CLICK = (
    "customer_key STRING, event_date DATE, session_count INT64, add_to_cart_count INT64, "
    "known_from_date DATE, known_until_date DATE"
)
SALE: dict[str, Any] = {"product_category": "toys", "quantity": 1, "currency": "EUR", "status": "completed"}


def sales() -> list[dict[str, Any]]:
    """Return the sales of 300 customers, each at its own pace until it stops; some become known late."""
    dice, rows = np.random.default_rng(5), []
    for customer in range(300):
        day, pace = AS_OF - timedelta(days=int(dice.integers(100, 200))), float(dice.uniform(5, 60))
        stop = AS_OF - timedelta(days=int(dice.integers(-60, 120)))
        while day < min(stop, AS_OF):
            known = day if dice.random() < 0.9 else AS_OF - timedelta(days=1)
            amount = round(float(dice.uniform(5, 90)), 2)
            rows.append(
                SALE
                | {"sale_id": f"s{len(rows)}", "customer_key": f"c{customer}", "sale_date": day}
                | {"total_amount": amount, "net_amount": amount, "known_from_date": known}
                | {"known_until_date": date(9999, 12, 31)}
            )
            day += timedelta(days=1 + int(dice.exponential(pace)))
    return rows


@pytest.fixture(scope="module")
def client(cloud: Endpoints) -> Iterator[Client]:
    with bigquery_client(cloud.project) as client:
        for dataset in DATASETS.values():
            client.create_dataset(dataset, exists_ok=True)
        make_tables(client, client.project, DATASETS)
        gold = DATASETS["warehouse"]
        client.query_and_wait(f"CREATE TABLE {gold}.fct_sale_versions ({VERSION})")
        client.query_and_wait(f"CREATE TABLE {gold}.fct_click_versions ({CLICK})")
        rows = [{name: str(value) for name, value in row.items()} for row in sales()]
        table = client.get_table(f"{gold}.fct_sale_versions")
        client.load_table_from_json(rows, table, job_config=LoadJobConfig(schema=table.schema)).result()
        client.query_and_wait(f"CREATE VIEW {gold}.fct_sales AS SELECT * FROM {gold}.fct_sale_versions")
        client.query_and_wait(f"CREATE TABLE {gold}.dim_customer AS SELECT DATE '{AS_OF}' AS as_of_date")
        storage_client(client.project).create_bucket(BUCKET)
        yield client


@pytest.fixture
def built(client: Client, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Patch the past call list to hold a thousand customers, and return the requests to build it."""
    asked: list[Any] = []

    def build(_project: str, settings: Any, how: Any) -> list[str]:
        asked.append((dict(settings.vars), [target.name for target in how.included_targets]))
        client.create_dataset(settings.vars["bi_dataset"])
        calls = CALLS.replace("campaign_bi", settings.vars["bi_dataset"]).replace("@day", f"DATE '{ON}'")
        client.query_and_wait(calls)
        return []

    monkeypatch.setattr(look_back, "build", build)
    monkeypatch.setattr(look_back, "DATASETS", DATASETS | {"staging": "s", "assertions": "a"} | OTHERS)
    monkeypatch.setattr(look_back, "BUCKET", BUCKET)
    return asked


OTHERS = {"keys": "k", "contacts": "c"}
CAMPAIGN = DemoCampaign(Population(900), ON, DAYS)


def looked_back(
    client: Client, run_id: str, sources: str, campaign: str = CAMPAIGN.name
) -> list[tuple[str, str]]:
    trained: Future[Any] = Future()
    trained.set_result(look_back.train(client.project, run_id, CAMPAIGN))
    return list(look_back.look_back(trained, campaign, 0, sources))


def test_it_reports_expected_and_actual_churn(client: Client, built: list[Any], tmp_path: Any) -> None:
    lines = looked_back(client, "run", "clickstream")
    known = {s["customer_key"] for s in sales() if s["sale_date"] < ON and s["known_from_date"] < ON}
    stayed = {s["customer_key"] for s in sales() if ON <= s["sale_date"] < AS_OF} & known
    gold = DATASETS["warehouse"]
    predicted = {
        row["customer_key"]: row
        for row in client.query_and_wait(
            f"SELECT * FROM {gold}.fact_predictions_churn WHERE prediction_date = '{ON}'"
        )
    }
    assert predicted.keys() == known
    [outcome] = client.query_and_wait(f"SELECT * FROM {gold}.churn_outcomes")
    expected = np.mean([row["churn_probability"] for row in predicted.values()])
    left = len(known - stayed)
    assert outcome["predicted"] == pytest.approx(expected)
    assert outcome["churned"] == left / len(known)
    assert lines[0] == (
        "backtest",
        f"as of {ON}: of {len(known)} customers, {round(expected * len(known))} were expected to "
        f"churn before {AS_OF} and {left} did",
    )
    [version] = {row["model_version"] for row in predicted.values()}
    fetch_version(client.project, BUCKET, version, tmp_path)
    assert saved_model.load(tmp_path).served.version == version
    assert fetch_day(client.project, BUCKET, version, ON)

    [churn] = client.query_and_wait(f"SELECT * FROM {gold}.retention_effects WHERE measure = 'churn'")
    assert churn["listed"] + churn["held_out"] == 1000
    assert (churn["campaign"], churn["started_on"]) == (CAMPAIGN.name, ON)
    arms = churn["listed"], churn["held_out"]
    assert lines[1:] == [
        (
            "campaign",
            f"{CAMPAIGN.name}: churn 100.0% of {arms[0]} listed, 100.0% of {arms[1]} held out: "
            "0.0 per 100 retained (0.0 to 0.0)",
        ),
        (
            "",
            "true effect 0.0 per 100: 40% of listed customers still active were simulated to buy once more",
        ),
    ]
    [(variables, targets)] = built
    assert (variables["as_of"], variables["sources"], targets) == (
        str(ON),
        "clickstream",
        ["bi_customers_to_call"],
    )
    assert looked_back(client, "again", "clickstream") == lines
    assert len(built) == 1  # a campaign starts only once
    assert look_back.THEN not in {dataset.dataset_id for dataset in client.list_datasets()}


def test_what_cannot_be_measured_is_reported(
    client: Client, built: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_back, "build", lambda *_: ["bi_customers_to_call: no such table"])
    lines = looked_back(client, "run", "", "another")
    assert [title for title, _ in lines] == ["backtest", "backtest"]
    assert lines[1][1] == "incomplete: bi_customers_to_call: no such table"
