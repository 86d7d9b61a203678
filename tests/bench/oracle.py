"""Compare the churn model with the truth of the generated shop: who has left, and how often each one buys.

python tests/bench/oracle.py [--customers 2000] [--days 900] [--as-of 2026-11-24]
"""

import argparse
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from churn import CUTOFFS, extract

from components.train_churn_model.metrics import judge
from components.train_churn_model.training import train
from generators.clickstream import events_of_day
from generators.population import CHANNEL_LIFE, LONGEST_LIFE, MEAN_LIFE, Population, season
from generators.sales import STATUS_SHARES, documents

HORIZON = 90


def load_shop(population: Population, first: date, last: date) -> duckdb.DuckDBPyConnection:
    """Return the shop's sales and days on the site as the warehouse has them."""
    fields = ("customer_id", "sale_timestamp", "total_amount", "status", "quantity", "product_category")
    sales = [[sale[field] for field in fields] for _, sale in documents(population, first, last)]
    sessions, carts = Counter[tuple[str, date]](), Counter[tuple[str, date]]()
    for day in pd.date_range(first, last).date:
        seen = set()
        for event in events_of_day(population, day):
            if (customer := event["customer_id"]) is None:
                continue
            seen.add((customer, event["session_id"]))
            carts[customer, day] += event["event_type"] == "add_to_cart"
        sessions.update((customer, day) for customer, _ in seen)
    columns = ["customer_key", "sale_date", "total_amount", "status", "quantity", "product_category"]
    sold = pd.DataFrame(sales, columns=columns)
    sold["currency"] = "EUR"
    sold["sale_date"] = [pd.Timestamp(moment).date() for moment in sold["sale_date"]]
    clicked = pd.DataFrame(
        [(customer, day, count, carts[customer, day]) for (customer, day), count in sessions.items()],
        columns=["customer_key", "event_date", "session_count", "add_to_cart_count"],
    )
    connection = duckdb.connect()
    connection.register("sold", sold)
    connection.register("clicked", clicked)
    connection.execute("CREATE TABLE fct_sales AS SELECT * REPLACE (sale_date::DATE AS sale_date) FROM sold")
    connection.execute(
        "CREATE TABLE fct_click_features AS SELECT * REPLACE (event_date::DATE AS event_date) FROM clicked"
    )
    return connection


def true_silence(population: Population, at: date) -> dict[str, float]:
    """Return the probability of no completed purchase in the horizon for each customer alive at a date."""
    alive = population.living(at)
    days = np.arange(HORIZON)
    busy = np.cumsum([season(at + timedelta(days=int(day))) for day in days]) * STATUS_SHARES[0]
    leaves = 1 / (MEAN_LIFE * CHANNEL_LIFE[alive.channel])[:, None]
    left = (LONGEST_LIFE - (at.toordinal() - alive.birth))[:, None]
    stays = np.where(days < left, np.exp(-leaves * days), 0.0)
    goes = stays - np.column_stack([stays[:, 1:], np.zeros(len(stays))])
    goes[:, -1] = stays[:, -1]
    silent = (goes * np.exp(-alive.rate[:, None] * busy)).sum(axis=1)
    return {
        population.customer_id(number): p for number, p in zip(alive.number.tolist(), silent, strict=True)
    }


def parse_options(description: str | None) -> argparse.Namespace:
    """Return the options: how large a shop to generate, how long its history is, and the as-of date."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--days", type=int, default=900)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 11, 24))
    return parser.parse_args()


def main() -> None:
    """Print the model's and the truth's figures at the last cut-off whose window has closed."""
    options = parse_options(__doc__)
    population = Population(options.customers)
    first = options.as_of - timedelta(days=options.days)
    connection = load_shop(population, first, options.as_of - timedelta(days=1))
    examples, _ = extract(connection, options.as_of, HORIZON, CUTOFFS)
    with tempfile.TemporaryDirectory() as folder:
        trained = train(examples, options.as_of, HORIZON, Path(folder) / "model", champion=None)
    cutoff = options.as_of - timedelta(days=HORIZON)
    rows = connection.sql(
        f"SELECT customer_key FROM features WHERE cutoff_date = DATE '{cutoff}' ORDER BY customer_key"
    ).fetchall()
    known = true_silence(population, cutoff)
    truth = np.array([known.get(customer, 1 - 1e-6) for (customer,) in rows])
    test = trained.evaluation.test.churned
    for name, probability in {
        "model": trained.evaluation.probability,
        "truth": truth,
        **trained.evaluation.baselines,
    }.items():
        figures = judge(test, np.clip(probability, 1e-6, 1 - 1e-6))
        print(
            f"{name:<24} AUC {figures['roc_auc']:.4f} log loss {figures['log_loss']:.4f} "
            f"ECE {figures['expected_calibration_error']:.4f}"
        )


if __name__ == "__main__":
    main()
