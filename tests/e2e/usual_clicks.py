"""Clicks that go with made-up sales, in the folders of the days that load them."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from components.shared.clients import storage_client
from components.shared.names import BUCKET
from tests.e2e.days import PROJECT

type Sales = list[dict[str, Any]]

WEEKS = timedelta(days=28)  # whose clicks share a folder in the history


def write_history_of_clicks(sales: Sales, recent: date) -> None:
    """Write a click for each sale: one folder a day since `recent`, one per four weeks before it."""
    folders: dict[date, Sales] = {}
    for sale in sales:
        day = datetime.fromisoformat(sale["sale_timestamp"]).date()
        weeks = day + WEEKS - timedelta(days=day.toordinal() % WEEKS.days)
        folders.setdefault(min(weeks, max(day + timedelta(days=1), recent)), []).append(sale)
    for day, of_day in folders.items():
        write_clicks(of_day, day)


def write_clicks(sales: Sales, loaded: date) -> None:
    """Write the folder of a day, with a click for each sale."""
    lines = (json.dumps(_click(sale, loaded)) + "\n" for sale in sales)
    blob = storage_client(PROJECT).bucket(BUCKET).blob(f"clickstream/load_date={loaded}/part-0.jsonl")
    blob.upload_from_string("".join(lines))


def _click(sale: dict[str, Any], loaded: date) -> dict[str, Any]:
    return {
        "event_id": f"{sale['sale_id']} {sale['status']}",
        "session_id": sale["sale_id"],
        "customer_id": sale["customer_id"],
        "event_timestamp": sale["sale_timestamp"],
        "event_type": "purchase",
        "page_url": "/",
        "referrer_domain": "example.com",
        "device_type_category": "mobile",
        "is_bounce": False,
        "load_timestamp": f"{loaded}T01:00:00Z",
        "schema_version": "2.0.0",
    }
