"""An erased customer's id is removed from the contacts; erasing only documents does not look there."""

from datetime import UTC, datetime
from pathlib import Path

from components.shared.clients import bigquery_client
from components.shared.names import DATASETS
from erase import tables
from erase.data_subject import DataSubject
from erase.plan import Plan
from erase.platform import Platform
from localcloud.endpoints import Endpoints
from tests.erase.shop import ANNA, CARL, customer_key

NAMES = {layer: f"contacted_{layer}" for layer in DATASETS}
TABLE = f"{NAMES['contacts']}.customer_ids"


def test_an_erased_customer_leaves_the_contacts(cloud: Endpoints, tmp_path: Path) -> None:
    platform = Platform(cloud.project, "us-central1", "none", "none", "none", NAMES, tmp_path)
    values = ", ".join(f"('{customer_key(name)}', '{name}')" for name in (ANNA, CARL))
    with bigquery_client(cloud.project) as client:
        for dataset in NAMES.values():
            client.create_dataset(dataset)
        client.query_and_wait(f"CREATE TABLE {TABLE} (customer_key STRING, customer_id STRING)")
        client.query_and_wait(f"INSERT INTO {TABLE} (customer_key, customer_id) VALUES {values}")
        anna = DataSubject(frozenset({ANNA}), (customer_key(ANNA),))
        deleted = DataSubject(gone_before=datetime.now(UTC))
        plan, unnamed = Plan(subject="anna"), Plan(subject="deleted")
        tables.look(client, platform, anna, plan)
        tables.look(client, platform, deleted, unnamed)
        assert (plan.places[TABLE].held, plan.places[TABLE].theirs) == (2, 1)
        assert TABLE not in unnamed.places  # that account has no right to read it
        tables.remove(client, platform, anna, plan)
        assert [row.customer_id for row in client.query_and_wait(f"SELECT customer_id FROM {TABLE}")] == [
            CARL
        ]
