"""Make components/cost/rates.json from what tests/bench/scale.py measured, and print how well it forecasts.

python tests/bench/rates.py scale.json [--write]

For each step, bytes and seconds are fitted as a constant plus a rate per sale and a rate per change, all
non-negative. Features and training have another rate for each of the first SAMPLED_SALES, after which samples
are full, and the export's seconds are per document read instead of per sale. It takes days after several
histories, and days with several numbers of changes after one of them.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import nnls

from components.cost.forecast import RATES, forecast_run

PARTS = ("least", "a_sampled_sale", "a_sale", "a_change")
READS_DOCUMENTS = "export_sales"
SAMPLE = ("extract_features", "train_churn_model")
SAMPLED_SALES = 280_000  # at some .36 rows each, they fill the 100,000 rows of a past date of the backtest


def fitted(days: Sequence[Any], step: str, what: str) -> dict[str, float]:
    """Return the rates of a step; all days have equal weight, since errors are relative to what each took."""
    steps = [next(each for each in day["steps"] if each["step"] == step) for day in days]
    taken = np.array([each[what] for each in steps], float)
    by_document = step == READS_DOCUMENTS and what == "seconds"
    sales = [
        each["documents_read"] if by_document else day["sales"] for day, each in zip(days, steps, strict=True)
    ]
    sampled = [min(count, SAMPLED_SALES) * (step in SAMPLE) for count in sales]
    changes = [day["changes"] for day in days]
    amounts = np.array([np.ones(len(days)), sampled, sales, changes], float).T
    weights = 1 / np.maximum(taken, 1e-9)
    scale = np.maximum(amounts.max(axis=0), 1)
    if not taken.any():
        return dict.fromkeys(PARTS, 0.0)
    found, _ = nnls(amounts / scale * weights[:, None], taken * weights)
    return {part: round(float(value), 9) for part, value in zip(PARTS, found / scale, strict=True)}


def rates_of(days: Sequence[Any], source: str) -> dict[str, Any]:
    """Return the rates of all steps."""
    steps = [step["step"] for step in days[0]["steps"]]
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "source": source,
        "sampled_sales": SAMPLED_SALES,
        "steps": {
            step: {
                "reads_documents": step == READS_DOCUMENTS,
                "bytes": fitted(days, step, "bytes_billed"),
                "seconds": fitted(days, step, "seconds"),
            }
            for step in steps
        },
    }


def told(days: Sequence[Any]) -> Iterator[str]:
    """Yield, for each day, how far the forecast with the current rates is from its receipt."""
    for day in days:
        documents = sum(step["documents_read"] for step in day["steps"])
        forecast = forecast_run(day["sales"], day["changes"], {}, documents)
        billed = sum(step["bytes_billed"] for step in day["steps"])
        seconds = sum(step["seconds"] for step in day["steps"])
        off = forecast.bytes_billed / billed - 1, forecast.machine_seconds / seconds - 1
        after = f"{day['changes']:>7,} changes after {day['sales']:>12,} sales"
        yield f"{after}: bytes {off[0]:+.0%}, seconds {off[1]:+.0%}"


def main() -> None:
    """Fit and write rates if asked to, and print how well the current ones forecast the measured days."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("measured", type=Path, nargs="+", help="what scale.py has written")
    parser.add_argument("--write", action="store_true", help="replace components/cost/rates.json")
    options = parser.parse_args()
    days = [day for path in options.measured for day in json.loads(path.read_text(encoding="utf-8"))]
    sizes = ", ".join(f"{day['changes']:,} changes after {day['sales']:,} sales" for day in days)
    if options.write:
        rates = rates_of(days, f"tests/bench/scale.py: {sizes}, on a laptop of two cores")
        RATES.write_text(json.dumps(rates, indent=2) + "\n", encoding="utf-8")
    print("forecast less receipt:", *told(days), sep="\n")


if __name__ == "__main__":
    main()
