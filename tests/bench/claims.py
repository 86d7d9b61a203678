"""Compare the calibration error that a training claims with the one that came, at many past dates.

python tests/bench/claims.py                   a made-up calm shop, and those in ../shared/data
python tests/bench/claims.py --shop CDNOW      one of them
python tests/bench/claims.py --dates 4         the last four dates of each

At each date the claim is based on cut-offs a third of the horizon apart whose outcomes had closed, and what
came is the error of a model of that day. A cut-off is judged once for all claims, on up to 15 cut-offs before
it; a training has no more than 15 in all, so that the oldest that it looks back at have fewer before them.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binom
from worth import CUTOFFS, DATA, HORIZON, SHOPS, Shop, examples_of

from components.churn_model.examples import Examples
from components.train_churn_model.backtest import (
    Claim,
    PastCutoff,
    _can_be_judged,
    _choose_cutoffs,
    _judge_past,
    claim_of,
)
from components.watch_predictions.alarms import CALIBRATION_SHIFT

CALM = "made-up calm shop"
CUSTOMERS, DAYS = 3_000, 720
HELD, CHANCE = 0.9, 0.05  # share of the dates on which claims should hold; what is put down to chance
THE_HARD_ONES = {"Online Retail II": date(2010, 12, 10)}  # before Christmas in a first year, also judged


@dataclass(frozen=True)
class Told:
    """What was claimed as of a date, and the error that came."""

    as_of: date
    claim: Claim
    came: float


def calm_shop(folder: Path) -> Shop:
    """Write the sales of customers who arrive, buy and leave at rates without seasonality."""
    generator = np.random.default_rng(0)
    sales = []
    for customer in range(CUSTOMERS):
        rate, day = generator.gamma(2.0, 0.01), generator.uniform(0, DAYS)
        while day < DAYS:
            sales.append((customer, date(2023, 1, 2) + timedelta(days=int(day)), generator.gamma(3, 10)))
            day += generator.exponential(1 / rate) if generator.uniform() > 0.1 else DAYS
    pd.DataFrame(sales, columns=["customer", "day", "amount"]).to_parquet(folder / "calm.parquet")
    return Shop("calm.parquet", "customer", "day", "amount")


def judged(examples: Examples) -> dict[date, PastCutoff]:
    """Return the figures of each cut-off at which a model could have been fitted, oldest first."""
    examples = replace(examples, money=None)
    found = {}
    cutoffs = np.unique(examples.cutoff_dates)
    for place, cutoff in enumerate(cutoffs):
        since = cutoffs[max(0, place - CUTOFFS - 2)]  # the outcomes of the newest three had not closed
        known = examples.take((examples.cutoff_dates >= since) & (examples.cutoff_dates <= cutoff))
        if _can_be_judged(known, cutoff, HORIZON):
            found[cutoff.item()] = _judge_past(known, HORIZON, None)
    return found


def told(figures: dict[date, PastCutoff]) -> list[Told]:
    """Return the claims of all dates with a cut-off that had closed, each with the error that came."""
    claims = []
    for as_of, later in figures.items():
        closed = [cutoff for cutoff in figures if cutoff + timedelta(days=HORIZON) <= as_of][-CUTOFFS:]
        if not closed:
            continue
        past = (
            _choose_cutoffs(np.array(closed[:-1], dtype="datetime64[D]"), as_of).tolist()
            if closed[1:]
            else []
        )
        claim = claim_of([figures[cutoff] for cutoff in [*past, closed[-1]]], as_of, HORIZON)
        claims.append(Told(as_of, claim, later.expected_calibration_error))
    return claims


def show(name: str, claims: list[Told]) -> list[str]:
    """Print a line per date; return the aims that are missed."""
    print(f"\n{name}: {len(claims)} dates")
    for one in claims:
        found, upper = one.claim.found, one.claim.upper
        season = "year " if one.claim.is_season_known else "first"
        said = "nothing claimed" if upper is None else f"claimed up to {upper:.3f}"
        above = "  ABOVE" if upper is not None and one.came > upper else ""
        print(f"  {one.as_of} {season} found {found:.3f}, {said}, came {one.came:.3f}{above}")
    made = [(one.claim.upper, one.claim.found, one.came) for one in claims if one.claim.upper is not None]
    held, added = sum(came <= upper for upper, _, came in made), [upper - found for upper, found, _ in made]
    by_chance = int(binom.ppf(CHANCE, len(made), HELD)) if made else 0
    aims = {
        f"held on {held} of {len(made)} dates, aim 9 in 10, by_chance {by_chance} or more": held >= by_chance
    }
    if made:
        wide = f"the upper end is {np.median(added):.3f} above what was found, {max(added):.3f} at most"
        calm = float(np.median(added)) <= CALIBRATION_SHIFT or name != CALM
        aims[f"{wide}{f', aim {CALIBRATION_SHIFT}' if name == CALM else ''}"] = calm
    for aim, met in aims.items():
        print(f"  {'met   ' if met else 'MISSED'} {aim}")
    return [f"{name}: {aim}" for aim, met in aims.items() if not met]


def judge_shop(name: str, shop: Shop, folder: Path, last: int) -> list[str]:
    """Judge a shop's claims at its dates, and at the hard one if it has any; return the missed aims."""
    started = time.process_time()
    claims = told(judged(examples_of(shop, folder)[0]))[-last:]
    if hard := THE_HARD_ONES.get(name):
        claims = [told(judged(examples_of(shop, folder, hard)[0]))[-1], *claims]
    missed = show(name, claims)
    print(f"  {time.process_time() - started:.0f} s of a core")
    return missed


def main() -> None:
    """Judge the calm shop and each shop whose file exists; exit with 1 if an aim is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the files")
    parser.add_argument("--shop", choices=[CALM, *SHOPS], action="append", help="only this one")
    parser.add_argument("--dates", type=int, default=100, help="only this many dates, the last ones")
    options = parser.parse_args()
    missed: list[str] = []
    for name in options.shop or [CALM, *SHOPS]:
        if name == CALM:
            with tempfile.TemporaryDirectory() as folder:
                missed += judge_shop(name, calm_shop(Path(folder)), Path(folder), options.dates)
        elif (options.data / SHOPS[name].file).exists():
            missed += judge_shop(name, SHOPS[name], options.data, options.dates)
        else:
            print(f"{name}: skipped, {SHOPS[name].file} is not in {options.data}; give --data")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
