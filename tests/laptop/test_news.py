"""The news about a day's predictions is what changed since the previous day predicted."""

from collections.abc import Iterator
from datetime import date

import pytest
from google.cloud import bigquery

from components.shared.clients import bigquery_client
from components.shared.names import DATASETS
from laptop.news import in_words, read_news
from localcloud.endpoints import Endpoints

PROJECT = "a-laptop-with-news"
TABLE = f"`{PROJECT}.{DATASETS['warehouse']}.fact_predictions_churn`"
ROWS = """
  ('2026-01-01', 'a', 'high', 'm0'),
  ('2026-02-27', 'a', 'low', 'm1'), ('2026-02-27', 'b', 'medium', 'm1'), ('2026-02-27', 'c', 'high', 'm1'),
  ('2026-02-27', 'd', 'high', 'm1'), ('2026-02-27', 'e', 'high', 'm1'),
  ('2026-03-01', 'a', 'high', 'm2'), ('2026-03-01', 'b', 'high', 'm2'), ('2026-03-01', 'c', 'low', 'm2'),
  ('2026-03-01', 'd', 'high', 'm2'), ('2026-03-01', 'f', 'high', 'm2'), ('2026-03-01', 'g', 'low', 'm2')
"""


@pytest.fixture(scope="module")
def predictions(cloud: Endpoints) -> Iterator[bigquery.Client]:
    assert cloud.project != PROJECT
    with bigquery_client(PROJECT) as client:
        client.create_dataset(DATASETS["warehouse"])
        columns = "prediction_date DATE, customer_key STRING, risk_band STRING, model_version STRING"
        client.query_and_wait(f"CREATE TABLE {TABLE} ({columns}) PARTITION BY prediction_date")
        client.query_and_wait(f"INSERT {TABLE} VALUES {ROWS}")
        yield client


@pytest.mark.usefixtures("predictions")
def test_a_day_is_compared_with_the_previous_one() -> None:
    told = "2 newly at high risk, 1 no longer, 2 customers added, 1 customer removed, a new model serves"
    assert read_news(PROJECT, date(2026, 3, 1)) == f"since 2026-02-27: {told}"


@pytest.mark.usefixtures("predictions")
@pytest.mark.parametrize("as_of", [date(2026, 1, 1), date(2026, 2, 27)])
def test_the_first_day_and_one_after_a_long_gap_have_no_news(as_of: date) -> None:
    assert read_news(PROJECT, as_of) == ""


def test_a_day_without_changes_has_a_short_text() -> None:
    news = dict.fromkeys(("newly_high", "no_longer_high", "new_customers", "gone_customers"), 0)
    told = in_words(news | {"since": date(2026, 2, 1), "is_another_model": False})
    assert told == "since 2026-02-01: 0 newly at high risk, 0 no longer"
