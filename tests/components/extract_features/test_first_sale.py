"""The very first sale is sought in the oldest months, and found even if older ones were erased."""

from datetime import date
from typing import Any

import pytest

from components.extract_features.first_sale import find_first_sale, search_dates

AS_OF = date(2026, 1, 1)
LATE_SALES = 1_000  # in the month before, all of the same size
TABLES = """
CREATE TABLE {dataset}.fct_sales (sale_date DATE, status STRING, known_from_date DATE)
PARTITION BY DATE_TRUNC(sale_date, MONTH);
CREATE VIEW {dataset}.fct_sale_versions AS
SELECT sale_date, status, known_from_date, DATE '9999-12-31' AS known_until_date
FROM {dataset}.fct_sales;
INSERT INTO {dataset}.fct_sales (sale_date, status, known_from_date)
VALUES
  ('2020-03-05', 'refunded', '2020-03-05'),
  ('2020-03-30', 'completed', '2025-12-31'),
  ('2020-05-02', 'completed', '2020-05-02'),
  ('2020-05-03', 'completed', '2020-05-03');
INSERT INTO {dataset}.fct_sales (sale_date, status, known_from_date)
SELECT DATE '2025-12-01', 'completed', DATE '2025-12-01' FROM UNNEST(GENERATE_ARRAY(1, {late}))
"""


@pytest.fixture
def shop(warehouse: Any) -> Any:
    warehouse.query(TABLES.format(dataset=warehouse.warehouse_dataset, late=LATE_SALES))
    return warehouse


def found(shop: Any, as_of: date = AS_OF) -> date:
    return find_first_sale(shop.client, shop.client.project, shop.warehouse_dataset, as_of)


@pytest.mark.parametrize(
    ("erased", "first"),
    [
        ("FALSE", date(2020, 3, 30)),
        ("sale_date = '2020-03-30'", date(2020, 5, 2)),
        ("sale_date < '2020-05-03'", date(2020, 5, 3)),
        ("sale_date < '2020-06-01'", date(2025, 12, 1)),
    ],
)
def test_the_first_remaining_sale_is_found(shop: Any, erased: str, first: date) -> None:
    shop.query(f"DELETE FROM {shop.warehouse_dataset}.fct_sales WHERE {erased}")
    assert found(shop) == first


def test_a_sale_that_was_not_known_yet_is_not_the_first(shop: Any) -> None:
    assert found(shop, date(2025, 12, 31)) == date(2020, 5, 2)


def test_months_after_the_first_sale_are_not_read(shop: Any) -> None:
    before = {job.job_id for job in shop.client.list_jobs()}
    found(shop)
    jobs = [job for job in shop.client.list_jobs() if job.job_id not in before]
    assert jobs
    assert sum(job.total_bytes_processed or 0 for job in jobs) < LATE_SALES


def test_the_search_never_passes_the_date_and_ends_with_it() -> None:
    assert [*search_dates(None, AS_OF)] == [AS_OF]
    assert [*search_dates(date(2025, 12, 1), AS_OF)] == [AS_OF]
    assert [*search_dates(date(2025, 11, 1), AS_OF)] == [date(2025, 12, 2), AS_OF]
    *some, last = search_dates(date(1990, 1, 1), AS_OF)
    assert (last, len(some)) == (AS_OF, 9)
