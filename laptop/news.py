"""What changed since the previous predictions: who is newly at high risk, and who no longer is."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from components.shared.clients import bigquery_client
from components.shared.names import DATASETS, LOCATION
from components.shared.queries import read_sql, run_query

NEWS = Path(__file__).with_name("news.sql")


def read_news(project: str, as_of: date) -> str:
    """Return the news of a day's predictions as text; empty if the 31 days before it have no predictions."""
    sql = read_sql(NEWS, project=project, warehouse=DATASETS["warehouse"])
    rows = run_query(bigquery_client(project, LOCATION), sql, {"as_of": as_of})
    return next((in_words(dict(row)) for row in rows), "")


def in_words(news: Mapping[str, Any]) -> str:
    """Return a row of news.sql as text."""
    parts = [
        f"{news['newly_high']:,} newly at high risk",
        f"{news['no_longer_high']:,} no longer",
        *([f"{_customers(news['new_customers'])} added"] if news["new_customers"] else []),
        *([f"{_customers(news['gone_customers'])} removed"] if news["gone_customers"] else []),
        *(["a new model serves"] if news["is_another_model"] else []),
    ]
    return f"since {news['since']}: {', '.join(parts)}"


def _customers(count: int) -> str:
    return f"{count:,} customer{'s' * (count != 1)}"
