"""Judge expected spend, its intervals and the next purchase on real transactions, at many past dates.

python tests/bench/worth.py                    CDNOW and Online Retail II, if they are in ../shared/data
python tests/bench/worth.py --dates 3          the last three dates alone
python tests/bench/worth.py --cost             what money adds to the scoring of a customer, and nothing else

At each date everything is fitted on the cut-offs whose horizon had closed, a third of a horizon apart, and
judged on the horizon to come. The horizons of successive dates overlap by two thirds.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import churn as bench
import duckdb
import numpy as np
import pyarrow as pa

from components.churn_model.day import Customers, fit_day, fit_whole_day, on_day
from components.churn_model.examples import Examples, Floats, collect_examples
from components.churn_model.expected_spend import DaySpend
from components.churn_model.features import NAMES
from components.churn_model.model import ChurnModel, choose_recipe, fit
from components.churn_model.prospects import days_to_next
from components.churn_model.spend_model import fit_spend, measure_spend_season, measure_units, spending_of
from components.train_churn_model.evaluation import closed_before_newest
from components.train_churn_model.spend_evaluation import (
    GAMMA_GAMMA,
    MODEL,
    SpendFigures,
    evaluate_spend,
)
from components.write_predictions.scores import score

HORIZON = 90
CUTOFFS = 15  # as many as extract_features takes
ENOUGH = 50
SCORED, TURNS, MOST_COST = 50_000, 7, 1.4
NEVER = 99_999  # days to a purchase that never came
DATA = Path(__file__).parents[2].parent / "shared" / "data"


@dataclass(frozen=True)
class Shop:
    """A file of orders, its columns, and the aims: the last Gini and the mean |bias| over dates."""

    file: str
    customer: str
    day: str
    amount: str
    status: str = "'completed'"
    quantity: str = "1"
    least_gini: float = 0.0
    most_bias: float = 1.0


SHOPS = {
    "CDNOW": Shop(
        "cdnow.csv", "customer_id", "date", "amount", quantity="cds", least_gini=0.785, most_bias=0.11
    ),
    "Online Retail II": Shop(
        "online_retail_ii.parquet", "CustomerID", "InvoiceDate", "Total", "Status", "Quantity", most_bias=0.20
    ),
}


def examples_of(
    shop: Shop, folder: Path, newest: date | None = None
) -> tuple[Examples, Floats, np.datetime64]:
    """Return the examples of all closed cut-offs with their spend, days to the next purchase, and the end.

    The cut-offs are counted back from `newest`, by default the last that has closed.
    """
    connection = duckdb.connect()
    connection.execute(
        bench.SALES.format(
            customer=shop.customer,
            date=shop.day,
            amount=shop.amount,
            status=shop.status,
            quantity=shop.quantity,
            category="NULL::VARCHAR",
            source=f"'{folder / shop.file}'",
        )
    )
    for table, (of, day) in bench.TABLES.items():
        connection.execute(bench.VERSIONS.format(table=table, of=of, day=day))
    first, last = connection.sql(
        "SELECT MIN(sale_date), MAX(sale_date) FROM fct_sales WHERE status = 'completed'"
    ).fetchone() or (None, None)
    end = newest + timedelta(days=HORIZON) if newest else last + timedelta(days=1)
    dates = sorted(
        day for k in range(40) if (day := end - timedelta(days=HORIZON + k * HORIZON // 3)) > first
    )
    connection.execute(bench.statement("extract_features.sql", _values(dates, end)))
    table = connection.sql(f"""
        SELECT *, COALESCE(next_sale_date - cutoff_date, {NEVER})::DOUBLE AS wait
        FROM features ORDER BY cutoff_date, customer_key""").to_arrow_table()
    examples = collect_examples([table])
    assert examples is not None
    return examples, np.asarray(table["wait"], dtype=np.float64), np.datetime64(end)


def _values(dates: list[date], end: date) -> dict[str, str]:
    return {
        "as_of": f"DATE '{end}'",
        "horizon_days": str(HORIZON),
        "first_window_date": f"DATE '{dates[0] - timedelta(days=HORIZON)}'",
        "cutoff_dates": "[" + ", ".join(f"DATE '{day}'" for day in dates) + "]",
    }


@dataclass(frozen=True)
class NextFigures:
    """Shares at one date: of customers with a predicted date; of these, of held ranges and of open ones."""

    cutoff_date: date
    dated: float
    covered: float
    opened: float


def judged(
    examples: Examples, waits: Floats, end: np.datetime64, last: int
) -> tuple[list[SpendFigures], list[NextFigures]]:
    """Return the figures of each date at which a model could have been fitted, oldest first."""
    units = measure_units(examples.features, examples.money.currencies)
    season = measure_spend_season(spending_of(examples, units), HORIZON)
    spends, nexts = [], []
    for cutoff in np.unique(examples.cutoff_dates)[-last:]:
        known = examples.take(examples.cutoff_dates <= cutoff)
        earlier = closed_before_newest(known, HORIZON)
        earlier = earlier.take(np.isin(earlier.cutoff_dates, np.unique(earlier.cutoff_dates)[-CUTOFFS:]))
        if not len(earlier.churned) or earlier.rarer < ENOUGH:
            continue
        test, at = known.newest, known.newest_cutoff
        churn = fit(earlier, choose_recipe(earlier.newest.rarer), HORIZON)
        churn = on_day(churn, fit_day(churn, test.features, at))
        spend = fit_spend(spending_of(earlier, units), HORIZON, units, season.closed_by(at, HORIZON))
        if one := evaluate_spend(churn, spend, test):
            spends.append(one)
        if cutoff + np.timedelta64(2 * HORIZON, "D") <= end:
            nexts.append(judge_next(churn, test.features, at, waits[examples.cutoff_dates == cutoff]))
    return spends, nexts


def judge_next(churn: ChurnModel, features: Floats, at: date, waits: Floats) -> NextFigures:
    """Judge the next purchase once two horizons have passed; an open upper end holds anything later."""
    low, middle, high = days_to_next(churn, features, churn.predict(features, at))
    dated = ~np.isnan(middle)
    held = (waits >= np.floor(low)) & (np.isnan(high) | (waits <= np.ceil(high)))
    return NextFigures(at, dated.mean(), held[dated].mean(), np.isnan(high)[dated].mean())


def show(name: str, shop: Shop, dates: list[SpendFigures], nexts: list[NextFigures]) -> list[str]:
    """Print a line per date and the means; return the aims that are missed."""
    print(f"\n{name}: {len(dates)} dates, {dates[0].cutoff_date} to {dates[-1].cutoff_date}")
    for one in dates:
        own, rival, against = one.figures[MODEL], one.figures[GAMMA_GAMMA], one.against[GAMMA_GAMMA]
        print(
            f"  {one.cutoff_date} Gini {own['gini']:.3f} ({rival['gini']:.3f}; {against.low:+.3f} to "
            f"{against.high:+.3f})  bias {own['bias']:+.3f} ({rival['bias']:+.3f})  "
            f"{'year ' if one.known_year else 'first'} covered {one.covered:.2f} of {one.level}, "
            f"shown {one.shown:.2f}"
        )
    for way in dates[-1].figures:
        over = {key: np.array([one.figures[way][key] for one in dates]) for key in dates[-1].figures[way]}
        print(
            f"  {way:<24} last Gini {over['gini'][-1]:.4f} mean {over['gini'].mean():.4f}  mean |bias| "
            f"{np.abs(over['bias']).mean():.3f}  decile error {over['decile_error'].mean():.3f}  "
            f"absolute error {over['absolute_error'].mean():.3f}"
        )
    for one in nexts:
        print(
            f"  {one.cutoff_date} next purchase: {one.dated:.2f} have a date, held {one.covered:.3f} of .8, "
            f"upper end open {one.opened:.2f}"
        )
    behind = sum(one.against[GAMMA_GAMMA].high < 0 for one in dates)
    bias = np.mean([abs(one.figures[MODEL]["bias"]) for one in dates])
    covered = [one.covered for one in dates if one.known_year]
    aims = {
        f"last Gini {dates[-1].figures[MODEL]['gini']:.4f}, aim {shop.least_gini}": (
            dates[-1].figures[MODEL]["gini"] >= shop.least_gini
        ),
        f"clearly behind on {behind} of {len(dates)} dates, aim 1 in 20": behind * 20 <= max(len(dates), 20),
        f"mean |bias| {bias:.3f}, aim {shop.most_bias}": bias <= shop.most_bias,
    }
    if covered:
        mean = float(np.mean(covered))
        aims[f"covered {mean:.3f} with a known year, aim .75 to .85"] = 0.75 <= mean <= 0.85
    for aim, met in aims.items():
        print(f"  {'met   ' if met else 'MISSED'} {aim}")
    return [f"{name}: {aim}" for aim, met in aims.items() if not met]


def cost(examples: Examples) -> list[str]:
    """Print the CPU seconds of 50,000 scores without and with money; return the aim if it is missed."""
    at, units = examples.newest_cutoff, measure_units(examples.features, examples.money.currencies)
    earlier = closed_before_newest(examples, HORIZON)
    churn = fit(earlier, choose_recipe(earlier.newest.rarer), HORIZON)
    spending = spending_of(earlier, units)
    spend = fit_spend(spending, HORIZON, units, measure_spend_season(spending, HORIZON))
    customers = Customers(examples.newest.features, examples.newest.money.currencies)
    day = fit_whole_day(churn, spend, customers, at)
    churn = on_day(churn, day)
    rows = np.arange(SCORED) % len(customers.features)
    columns = {name: customers.features[rows, number] for number, name in enumerate(NAMES)}
    table = pa.table(columns | {"customer_key": [f"{row:064x}" for row in range(SCORED)]})
    table = table.append_column("currency", pa.array(customers.currencies[rows].astype(object)))
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(2 * TURNS):
        day_spend = DaySpend(spend, churn.purchases, day.spend) if turn % 2 else None
        started = time.process_time()
        score(churn, table, at, day_spend)
        seconds[bool(day_spend)].append(time.process_time() - started)
    without, with_money = (float(np.median(seconds[key])) for key in (False, True))
    ratio = f"{with_money / without:.2f} of {without:.2f} s for {SCORED:,} customers, aim {MOST_COST}"
    print(f"  scoring with money {ratio}")
    return [] if with_money <= MOST_COST * without else [f"scoring costs {ratio}"]


def main() -> None:
    """Judge each shop whose file exists; exit with 1 if an aim is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the files")
    parser.add_argument("--shop", choices=SHOPS, action="append", help="only this one")
    parser.add_argument("--cost", action="store_true", help="only what money adds to scoring")
    parser.add_argument("--dates", type=int, default=100, help="only this many dates, the last ones")
    options = parser.parse_args()
    missed: list[str] = []
    for name in options.shop or SHOPS:
        shop = SHOPS[name]
        if not (options.data / shop.file).exists():
            print(f"{name}: skipped, {shop.file} is not in {options.data}; give --data")
            continue
        started = time.process_time()
        if options.cost:
            missed += cost(examples_of(shop, options.data)[0])
            continue
        missed += show(name, shop, *judged(*examples_of(shop, options.data), options.dates))
        print(f"  {time.process_time() - started:.0f} s of a core")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
