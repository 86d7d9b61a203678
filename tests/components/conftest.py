"""BigQuery with sales in it, for the steps between the warehouse and the predictions."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from google.cloud.bigquery import Client, LoadJobConfig, SchemaField, Table

from components.shared.clients import bigquery_client
from infra.migration import make_tables
from laptop.provision import provision
from localcloud.endpoints import Endpoints
from tests.components.made_up_customers import made_up, many, simulate_buyers, truth  # noqa: F401

type Row = dict[str, Any]

SALES = [
    SchemaField("sale_id", "STRING"),
    SchemaField("customer_key", "STRING"),
    SchemaField("sale_date", "DATE"),
    SchemaField("product_category", "STRING"),
    SchemaField("quantity", "INT64"),
    SchemaField("total_amount", "FLOAT64"),
    SchemaField("currency", "STRING"),
    SchemaField("status", "STRING"),
]
SESSIONS = [
    SchemaField("customer_key", "STRING"),
    SchemaField("event_date", "DATE"),
    SchemaField("session_count", "INT64"),
    SchemaField("add_to_cart_count", "INT64"),
]

KNOWN = [SchemaField("known_from_date", "DATE"), SchemaField("known_until_date", "DATE")]


def known(rows: pd.DataFrame, day: str) -> pd.DataFrame:
    """Return the rows as known from the date in their column `day`, without end."""
    return rows.assign(known_from_date=rows[day], known_until_date=date(9999, 12, 31))


@pytest.fixture(scope="module")
def client(cloud: Endpoints) -> Iterator[Client]:
    with bigquery_client(cloud.project) as client:
        yield client


@pytest.fixture(scope="module")
def services(cloud: Endpoints) -> None:
    """Provision the cloud that all clients use."""
    provision(cloud.project)


@dataclass(frozen=True)
class ChurnWarehouse:
    """The pair of datasets of one test or module."""

    client: Client
    name: str

    @property
    def warehouse_dataset(self) -> str:
        return f"warehouse_{self.name}"

    @property
    def features_dataset(self) -> str:
        return f"features_{self.name}"

    @property
    def place(self) -> dict[str, str]:
        """The arguments that every step takes."""
        return {
            "project": self.client.project,
            "location": "us-central1",
            "features_dataset": self.features_dataset,
        }

    def load_sales(self, sales: pd.DataFrame) -> None:
        """Make fct_sales hold these sales and no others, each known on its day and never changed."""
        self._load("fct_sales", SALES, sales)
        self._load("fct_sale_versions", [*SALES, *KNOWN], known(sales, "sale_date"))

    def load_versions(self, versions: pd.DataFrame) -> None:
        """Make fct_sale_versions hold these versions, with their own dates of when each was known."""
        self._load("fct_sale_versions", [*SALES, *KNOWN], versions)

    def load_sessions(self, sessions: pd.DataFrame) -> None:
        """Make fct_click_versions hold these customers' days on the site, each known from that day."""
        self._load("fct_click_versions", [*SESSIONS, *KNOWN], known(sessions, "event_date"))

    def load_session_pictures(self, pictures: pd.DataFrame) -> None:
        """Make fct_click_versions hold these versions of days on the site, with when each was known."""
        self._load("fct_click_versions", [*SESSIONS, *KNOWN], pictures)

    def _load(self, name: str, schema: list[SchemaField], rows: pd.DataFrame) -> None:
        parquet = io.BytesIO()
        rows = pd.DataFrame({"currency": "EUR"}, rows.index).assign(**rows)
        whole = {field.name: "Int64" for field in schema if field.field_type == "INT64"}
        rows[[field.name for field in schema]].astype(whole).to_parquet(parquet)
        settings = LoadJobConfig(source_format="PARQUET", schema=schema, write_disposition="WRITE_TRUNCATE")
        table = f"{self.client.project}.{self.warehouse_dataset}.{name}"
        self.client.load_table_from_file(parquet, table, rewind=True, job_config=settings).result()

    def query(self, sql: str) -> list[Row]:
        return [dict(row) for row in self.client.query(sql).result()]

    def features(self, table: str) -> list[Row]:
        """Return all rows of a table of the features dataset, in a stable order."""
        rows = self.query(f"SELECT * FROM {self.features_dataset}.{table}")
        return sorted(rows, key=lambda row: (row["as_of_date"], row["customer_key"], repr(row)))

    def predictions(self) -> list[Row]:
        """Return all predictions by date and customer."""
        return self.query(
            f"SELECT * FROM {self.warehouse_dataset}.fact_predictions_churn "
            "ORDER BY prediction_date, customer_key"
        )


@pytest.fixture(scope="session")
def new_name() -> Callable[[], str]:
    numbers = iter(range(1000))
    return lambda: f"t{next(numbers)}"


@pytest.fixture
def warehouse(client: Client, new_name: Callable[[], str]) -> ChurnWarehouse:
    return make_warehouse(client, new_name())


@pytest.fixture(scope="module")
def module_warehouse(client: Client, new_name: Callable[[], str]) -> ChurnWarehouse:
    return make_warehouse(client, new_name())


def make_warehouse(client: Client, name: str) -> ChurnWarehouse:
    made = ChurnWarehouse(client, name)
    client.create_dataset(made.warehouse_dataset)
    client.create_dataset(made.features_dataset)
    make_tables(
        client, client.project, {"warehouse": made.warehouse_dataset, "features": made.features_dataset}
    )
    clicks = f"{client.project}.{made.warehouse_dataset}.fct_click_versions"
    client.create_table(Table(clicks, schema=[*SESSIONS, *KNOWN]))
    return made


@pytest.fixture(scope="session")
def simulate() -> Callable[..., pd.DataFrame]:
    return simulate_sales


def simulate_sales(customers: int, days: int, end: date, seed: int = 0) -> pd.DataFrame:
    """Return sales of customers who buy often or seldom until they stop, so silence alone says little."""
    generator = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        gap = generator.choice([6, 60])
        day = generator.uniform(0, days * 0.6)
        stop = day + generator.exponential(days)
        while day < min(days, stop):
            amount = round(float(generator.gamma(2, 20)) + 1, 2)
            sold = end - timedelta(days=days - int(day))
            category = "abcd"[generator.integers(4)]
            rows.append((f"c{customer:05}", sold, category, int(generator.integers(1, 4)), amount))
            day += generator.exponential(gap)
    columns = ["customer_key", "sale_date", "product_category", "quantity", "total_amount"]
    sales = pd.DataFrame(rows, columns=columns)
    return sales.assign(sale_id=[f"s{number}" for number in range(len(sales))], status="completed")
