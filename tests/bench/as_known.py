"""Measure what it costs to know what was known: the features' statement against an earlier revision's.

python tests/bench/as_known.py --before REVISION            25 sales a customer, a million sales
python tests/bench/as_known.py --before REVISION --sales-a-customer 500 --sales 200000

Both run in one DuckDB, in turns; 5 % of the sales came late or were later refunded, corrected or deleted.
Seconds are CPU seconds, since the machine may have other things to do.
"""

import argparse
import subprocess
import time
from datetime import date, timedelta
from statistics import median

import duckdb
from churn import in_duckdb, statement

AS_OF = date(2026, 6, 30)
HORIZON, CUTOFFS, DAYS = 90, 15, 730
VERSIONS = """
CREATE TABLE fct_sale_versions AS
WITH sales AS (
  SELECT
    n, format('{{:08}}', (hash(n, 1) % {customers})) AS customer_key,
    DATE '{as_of}' - (1 + (hash(n, 2) % {days}))::INT AS sale_date,
    ['hats', 'skis', 'boots'][1 + (hash(n, 3) % 3)::INT] AS product_category,
    'EUR' AS currency,
    1 + (hash(n, 4) % 3)::INT AS quantity, (100 + (hash(n, 5) % 9000)::INT) / 100 AS total_amount,
    hash(n, 6) % 100 AS fate, (hash(n, 7) % 120)::INT AS later
  FROM range({sales}) AS numbers(n)
)
SELECT
  'completed' AS status, * EXCLUDE (fate, later),
  (sale_date + IF(fate = 0, later, 0))::DATE AS known_from_date,
  IF(fate BETWEEN 1 AND 4, sale_date + later, DATE '9999-12-31') AS known_until_date
FROM sales
UNION ALL
SELECT
  IF(fate < 3, 'refunded', 'completed'), * EXCLUDE (fate, later),
  sale_date + later, DATE '9999-12-31'
FROM sales
WHERE fate BETWEEN 1 AND 3;
CREATE TABLE fct_sales AS SELECT * FROM fct_sale_versions WHERE known_until_date > DATE '9999-01-01';
CREATE TABLE fct_click_features (
  customer_key VARCHAR, event_date DATE, session_count BIGINT, add_to_cart_count BIGINT);
CREATE VIEW fct_click_versions AS
SELECT *, event_date AS known_from_date, DATE '9999-12-31' AS known_until_date FROM fct_click_features
"""


def seconds(connection: duckdb.DuckDBPyConnection, sql: str) -> float:
    """Return the CPU seconds of a statement that creates the table of features."""
    connection.execute("DROP TABLE IF EXISTS features")
    started = time.process_time()
    connection.execute(sql)
    return time.process_time() - started


def main() -> None:
    """Print the seconds of both, and the ratio of their medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", required=True, help="a revision of this repository")
    parser.add_argument("--sales", type=int, default=1_000_000)
    parser.add_argument("--sales-a-customer", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    connection = duckdb.connect()
    customers = options.sales // options.sales_a_customer
    connection.execute(VERSIONS.format(customers=customers, sales=options.sales, as_of=AS_OF, days=DAYS))
    newest = AS_OF - timedelta(days=HORIZON)
    dates = [newest - timedelta(days=28 * age) for age in reversed(range(CUTOFFS))] + [AS_OF]
    values = {
        "as_of": f"DATE '{AS_OF}'",
        "horizon_days": str(HORIZON),
        "first_sale_date": f"DATE '{AS_OF - timedelta(days=DAYS)}'",
        "first_window_date": f"DATE '{dates[0] - timedelta(days=HORIZON)}'",
        "cutoff_dates": "[" + ", ".join(f"DATE '{cutoff}'" for cutoff in dates) + "]",
    }
    path = "components/extract_features/extract_features.sql"
    shown = ["git", "show", f"{options.before}:{path}"]
    text = subprocess.run(shown, capture_output=True, text=True, check=True).stdout
    text = text.replace("${project}.${warehouse_dataset}", "p.w")
    both = {"before": in_duckdb(text, values), "now": statement("extract_features.sql", values)}
    spent: dict[str, list[float]] = {name: [] for name in both}
    for _ in range(options.rounds):
        for name, sql in both.items():
            spent[name].append(seconds(connection, sql))
    for name, found in spent.items():
        print(f"{name:<6} {' '.join(f'{one:.2f}' for one in found)} s")
    print(f"ratio of the medians {median(spent['now']) / median(spent['before']):.2f}")


if __name__ == "__main__":
    main()
