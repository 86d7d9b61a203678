"""Which campaign a first run shows, whom it reaches, and how many it truly retains."""

from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud.bigquery import Client

from audience.lists import Choice, customers_needed, start
from audience.warehouse import Warehouse
from components.shared.clients import bigquery_client
from components.shared.names import KEY_TABLE
from generators.campaign_response import CampaignResponse
from generators.population import Population
from generators.sales import documents
from infra.migration import make_tables
from laptop import demo_campaign, look_back
from laptop.demo_campaign import (
    HOLDOUT_SHARE,
    LAPSED_AFTER_DAYS,
    LEAST_CUSTOMERS,
    RESPONDING_SHARE,
    CampaignLookBack,
    DemoCampaign,
    PlannedCampaign,
    plan_demo_campaign,
    resume_demo_campaign,
)
from laptop.options import parser
from laptop.sales import generate
from laptop.state import BatchState
from laptop.trigger import Task
from localcloud.endpoints import Endpoints
from tests.explain.shop import SECRET, key_of
from tests.laptop.test_campaign import CALLS

AS_OF = date(2026, 1, 31)
DATASETS = {
    "warehouse": "action_gold",
    "bi": "campaign_bi",
    "features": "action_features",
    "keys": "action_keys",
}


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["--sales", "orders.csv"], BatchState()),
        (["--campaign"], BatchState()),
        (["--days", "359"], BatchState()),
        (["--horizon-days", "92"], BatchState()),
        (["--customers", "300"], BatchState()),
        ([], BatchState(generated_through="2026-01-30", last_as_of="2026-01-30")),
        ([], BatchState(generated_through="2026-01-29")),
    ],
)
def test_only_a_first_run_with_enough_generated_sales_has_one(words: list[str], state: BatchState) -> None:
    assert plan_demo_campaign(parser("p", "d").parse_args(words), state, AS_OF, "p") is None


@pytest.mark.parametrize("through", ["", "2026-01-30"])
def test_it_starts_a_horizon_earlier_even_after_a_failed_run(
    through: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = CampaignResponse(AS_OF, frozenset(), 0.5, 30)
    monkeypatch.setattr(DemoCampaign, "response", lambda *_: made)
    state = BatchState(generated_through=through)
    planned = plan_demo_campaign(parser("p", "d").parse_args(["--customers", "900"]), state, AS_OF, "p")
    assert planned is not None
    campaign = DemoCampaign(Population(900), date(2025, 11, 2), 90)
    assert (planned.campaign, planned.response) == (campaign, made)
    assert planned.campaign.name == "demo-2025-11-02"


def test_a_retry_shows_the_campaign_of_the_failed_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = CampaignResponse(AS_OF, frozenset(), 0.5, 30)
    monkeypatch.setattr(DemoCampaign, "response", lambda *_: made)
    state = BatchState()
    assert resume_demo_campaign(state, "startups", "p") is None
    planned = plan_demo_campaign(parser("p", "d").parse_args(["--customers", "900"]), state, AS_OF, "p")
    state.save(tmp_path)
    again = resume_demo_campaign(BatchState.load(tmp_path), "startups", "p")
    assert planned and again and again.campaign == planned.campaign
    assert (again.response, again.sources) == (made, "startups")


def test_the_thresholds_are_those_of_the_list() -> None:
    settings = yaml.safe_load(Path("dataform/workflow_settings.yaml").read_text(encoding="utf-8"))
    assert str(LAPSED_AFTER_DAYS) == settings["vars"]["lapsed_after_days"]
    assert customers_needed(HOLDOUT_SHARE) <= LEAST_CUSTOMERS


def test_it_retained_those_who_bought_only_because_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sales = {
        None: [("a", "completed"), ("b", "cancelled")],
        "response": [("a", "completed"), ("a", "completed"), ("b", "completed"), ("c", "pending")],
    }
    spans: list[tuple[date, date]] = []

    def made(_: Population, first: date, last: date, *, response: str | None) -> Iterator[tuple[str, dict]]:
        spans.append((first, last))
        yield from (("S", {"customer_id": who, "status": status}) for who, status in sales[response])

    monkeypatch.setattr(demo_campaign, "documents", made)
    assert DemoCampaign(Population(9), AS_OF, 30).retained("response") == 1  # type: ignore[arg-type]
    assert set(spans) == {(AS_OF, date(2026, 3, 1))}


@pytest.fixture
def client(cloud: Endpoints) -> Iterator[Client]:
    with bigquery_client(cloud.project) as client:
        for dataset in DATASETS.values():
            client.create_dataset(dataset, exists_ok=True)
        make_tables(client, client.project, DATASETS)
        client.query_and_wait("CREATE OR REPLACE TABLE action_gold.dim_customer (as_of_date DATE)")
        client.query_and_wait(f"CREATE OR REPLACE TABLE action_keys.{KEY_TABLE} AS SELECT '{SECRET}' AS key")
        client.query_and_wait(CALLS.replace("@day", "DATE '2026-01-31'"))
        yield client


def test_the_campaign_holds_out_the_same_customers(client: Client) -> None:
    start(Warehouse(client, DATASETS), "demo-2026-01-31", Choice(1000), HOLDOUT_SHARE)
    rows = client.query_and_wait("SELECT customer_key, arm FROM action_gold.retention_audiences")
    arms = {row["customer_key"]: row["arm"] == "held_out" for row in rows}
    assert len(arms) == 1000
    assert arms == {key: demo_campaign.is_held_out("demo-2026-01-31", key, HOLDOUT_SHARE) for key in arms}


def test_it_reaches_recent_buyers_who_are_not_held_out(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_campaign, "DATASETS", DATASETS)
    shop = Population(900)
    made = DemoCampaign(shop, AS_OF, 30).response(client.project)
    assert made is not None
    sales = [sale for _, sale in documents(shop, AS_OF - timedelta(days=90), AS_OF - timedelta(days=1))]
    bought = {sale["customer_id"] for sale in sales if sale["status"] == "completed"}
    texts = {each: f"demo-2026-01-31/{key_of(each)}" for each in bought}
    shares = {each: int(sha256(text.encode()).hexdigest()[:13], 16) / 16**13 for each, text in texts.items()}
    listed = frozenset(each for each in bought if shares[each] >= 0.5)
    assert made == CampaignResponse(AS_OF, listed, RESPONDING_SHARE, 30)
    assert 0.4 < len(made.customers) / len(bought) < 0.6


def test_only_the_sales_generator_is_given_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made, given = CampaignResponse(AS_OF, frozenset({"C1"}), 0.5, 30), {}

    class Child:
        def __init__(self, command: list[str], **_: int) -> None:
            file = command[command.index("--action") + 1] if "--action" in command else ""
            given[command[2]] = CampaignResponse.load(Path(file)) if file else None

        def wait(self) -> int:
            return 0

        def terminate(self) -> None:
            """End nothing."""

    monkeypatch.setattr("laptop.sales.subprocess.Popen", Child)
    for response in (made, None):
        generate(BatchState(), AS_OF, 365, ["--customers", "900"], ["clickstream"], response)
        assert given == {"generators.sales": response, "generators.clickstream": None}


def test_the_past_model_is_trained_once_when_the_features_are_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained: list[Any] = []
    monkeypatch.setattr(look_back, "train", lambda *asked: trained.append(asked))
    monkeypatch.setattr(look_back, "look_back", lambda _, name, kept, sources: [(name, f"{kept} {sources}")])
    campaign = DemoCampaign(Population(60), AS_OF - timedelta(days=30), 30)
    response = CampaignResponse(campaign.starts_on, frozenset(), 0.5, 30)
    prepared = CampaignLookBack(PlannedCampaign(campaign, response, "startups"))
    prepared.follow([Task("extract-features", "RUNNING", 1.0)], "p", "run")
    assert prepared._trained is None
    for state in ("SKIPPED", "SUCCEEDED"):
        prepared.follow([Task("extract-features", state, 1.0)], "p", "run")
    assert prepared.lines() == [(campaign.name, "0 startups")]
    assert trained == [("p", "run", campaign)]
