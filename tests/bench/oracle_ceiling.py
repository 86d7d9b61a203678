"""Compute how near the generated shop's truth a model can come, by Bayes' rule with the generator's numbers.

The truth knows who has left; a history only hints at it. Known here are a customer's purchases and last
session, day of birth, channel, and the distributions of rates and lives; the truth is that of oracle.py.

python tests/bench/oracle_ceiling.py [--customers 2000] [--days 900] [--as-of 2026-11-24]
"""

from datetime import date, timedelta
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd
from oracle import HORIZON, load_shop, parse_options, true_silence
from scipy.special import logsumexp
from scipy.stats import gamma

from components.train_churn_model.metrics import judge
from generators.clickstream import IDLE_VISITS_A_PURCHASE, LOGGED_OUT_SHARE
from generators.population import (
    CHANNEL_LIFE,
    LONGEST_LIFE,
    MEAN_LIFE,
    PURCHASES_A_DAY,
    RATE_SHAPE,
    Population,
    season,
)
from generators.sales import STATUS_SHARES

RATES = gamma.ppf((np.arange(80) + 0.5) / 80, RATE_SHAPE, scale=PURCHASES_A_DAY / RATE_SHAPE)[:, None]
IDLE_RATES = RATES * IDLE_VISITS_A_PURCHASE * (1 - LOGGED_OUT_SHARE)
HISTORIES = """
SELECT
  customer_key,
  COUNT(*) AS sales,
  GREATEST(MAX(sale_date), COALESCE(MAX(last_session), MAX(sale_date))) AS last_seen,
  COUNT_IF(status = 'completed') > 0 AS is_customer
FROM fct_sales
LEFT JOIN (SELECT customer_key, MAX(event_date) AS last_session FROM fct_click_features WHERE event_date < $at
  GROUP BY customer_key) USING (customer_key)
WHERE sale_date < $at
GROUP BY customer_key
"""
BUYERS = "SELECT DISTINCT customer_key FROM fct_sales WHERE status = 'completed' AND sale_date >= $at"


class History(NamedTuple):
    """A customer's history: days since the shop's first; purchases without the one on the day of birth."""

    birth: int
    leaving_rate: float  # per day
    purchases: int
    last_seen: int


def silence(history: History, cutoff: int, busy: np.ndarray) -> float:
    """Return the probability of no completed purchase; busy is the season, summed up to each day."""
    start = max(history.birth, 0)

    def log_likelihood(gone: np.ndarray) -> np.ndarray:
        """Return the log likelihood of having been active up to each day, by rate and day."""
        bought = history.purchases * np.log(RATES) - RATES * (busy[gone] - busy[start])
        return bought - history.leaving_rate * (gone - start) - IDLE_RATES * (gone - history.last_seen)

    left = log_likelihood(np.arange(history.last_seen + 1, cutoff + 1)) + np.log(history.leaving_rate)
    days = np.arange(HORIZON)
    stays = np.exp(-history.leaving_rate * days) * (cutoff - history.birth + days < LONGEST_LIFE)
    leaves = stays - np.append(stays[1:], 0.0)
    leaves[-1] = stays[-1]
    completed = STATUS_SHARES[0] * RATES * (busy[cutoff + 1 : cutoff + 1 + HORIZON] - busy[cutoff])
    silent = (leaves * np.exp(-completed)).sum(axis=1) + 1 - stays[0]
    active = log_likelihood(np.array([cutoff]))[:, 0]
    whole = logsumexp(np.append(left.ravel(), active))
    return float(np.exp(left - whole).sum() + np.exp(active - whole) @ silent)


def births(population: Population, first: date, cutoff: date) -> dict[str, tuple[int, float]]:
    """Return the day of birth, counted from the first day, and the leaving rate of all alive in any week."""
    found = {}
    for day in pd.date_range(first, cutoff, freq="7D").date:
        alive = population.living(day)
        rates = 1 / (MEAN_LIFE * CHANNEL_LIFE[alive.channel])
        born = (alive.birth - first.toordinal()).tolist()
        found |= dict(zip(alive.number.tolist(), zip(born, rates.tolist(), strict=True), strict=True))
    return {population.customer_id(number): life for number, life in found.items()}


def best_silence(
    connection: duckdb.DuckDBPyConnection, population: Population, first: date, cutoff: date
) -> dict[str, float]:
    """Return each customer's probability of no completed purchase, as far as their history reveals it."""
    lives = births(population, first, cutoff)
    ahead = pd.date_range(first, cutoff + timedelta(days=HORIZON)).date
    busy = np.cumsum([0.0, *(season(day) for day in ahead)])
    best = {}
    for customer, sales, last_seen, is_customer in connection.execute(HISTORIES, {"at": cutoff}).fetchall():
        if is_customer and customer in lives:
            born, leaving_rate = lives[customer]
            history = History(born, leaving_rate, sales - (born >= 0), (last_seen - first).days)
            best[customer] = silence(history, (cutoff - first).days, busy)
    return best


def main() -> None:
    """Print the figures of the truth and of the best that a history allows, at the last cut-off."""
    options = parse_options(__doc__)
    population = Population(options.customers)
    first, cutoff = options.as_of - timedelta(days=options.days), options.as_of - timedelta(days=HORIZON)
    connection = load_shop(population, first, options.as_of - timedelta(days=1))
    best, truth = best_silence(connection, population, first, cutoff), true_silence(population, cutoff)
    buyers = {customer for (customer,) in connection.execute(BUYERS, {"at": cutoff}).fetchall()}
    churned = np.array([customer not in buyers for customer in best])
    for name, of in {"truth": truth, "best by history": best}.items():
        probability = np.array([of.get(customer, 1.0) for customer in best])
        figures = judge(churned, np.clip(probability, 1e-6, 1 - 1e-6))
        print(f"{name:<24} AUC {figures['roc_auc']:.4f} log loss {figures['log_loss']:.4f}")


if __name__ == "__main__":
    main()
