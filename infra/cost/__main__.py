"""Forecast what a month of daily runs costs on Google Cloud, by service.

examples:
  python -m infra.cost --customers 2000 --sales 27000 --changes 75
  python -m infra.cost --customers 5000000 --sales 100000000 --json
  python -m infra.cost --project my-project     with the project's counts
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from components.cost.forecast import rates
from components.cost.prices import price_date
from components.export_sales.modes import MODES, SCAN
from components.shared.errors import StepError
from components.shared.names import DATASETS, LOCATION
from components.shared.retries import FAILED_CALL
from infra.cost.counts import deployed_counts
from infra.cost.month import EDITIONS, Line, month, totals


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the forecast; return 1 with a one-line message if the counts cannot be read."""
    options = _parser().parse_args(arguments)
    try:
        counts = _counts(options)
    except (*FAILED_CALL, StepError) as error:
        print(f"cost: the counts of {options.project} cannot be read: {error}", file=sys.stderr)
        return 1
    months = _months(counts, options.export_mode)
    print(as_json(counts, months) if options.json else as_text(counts, months))
    return 0


def _counts(options: argparse.Namespace) -> dict[str, int]:
    if options.project:
        return deployed_counts(options.project, options.location, options.warehouse)
    return {"customers": options.customers, "sales": options.sales, "changes": options.changes}


def _months(counts: dict[str, int], export_mode: str = SCAN) -> dict[str, list[Line]]:
    customers, sales, changes = (counts[name] for name in ("customers", "sales", "changes"))
    return {edition: month(customers, sales, changes, edition, export_mode) for edition in EDITIONS}


def forecast() -> str:
    """Return the forecast for a typical shop, as a deployment shows it, and how to get others."""
    counts = _counts(_parser().parse_args([]))
    text = as_text(counts, _months(counts))
    return f"{text}\nFor your own counts: python -m infra.cost --help"


def as_text(counts: dict[str, int], months: dict[str, list[Line]]) -> str:
    """Return the forecast as lines of at most 80 columns."""
    lines = [
        f"A month of daily runs: {counts['sales']:,} sales of {counts['customers']:,} customers,",
        f"{counts['changes']:,} changes a day. USD at list prices of {price_date()}, us-central1;",
        f"bytes and seconds at the rates measured on {rates()['measured']}.",
        "",
        f"{'Service':<10}{'for':<18}{'amount':>16} {'unit':<12}{'list':>11}{'to pay':>12}",
        *map(_row, months["standard"]),
    ]
    for title, edition in zip(("total", "total with Firestore's Enterprise edition"), EDITIONS, strict=True):
        listed, paid = totals(months[edition])
        lines.append(f"{title:<57}{listed:>11,.2f}{paid:>12,.2f}")
    lines += [
        "",
        "To pay: list prices less daily and monthly free amounts. Excluded: people's own",
        "queries and dashboards, backfills, network, and alerting.",
    ]
    return "\n".join(lines)


def _row(line: Line) -> str:
    amount = f"{line.amount:,.0f}" if line.amount >= 100 else f"{line.amount:,.3f}"
    used = f"{line.service:<10}{line.what:<18}{amount:>16} {line.unit:<12}"
    return f"{used}{line.list_usd:>11,.2f}{line.usd:>12,.2f}"


def as_json(counts: dict[str, int], months: dict[str, list[Line]]) -> str:
    """Return the forecast as JSON, with the totals of both editions."""
    told: dict[str, Any] = {"counts": counts, "prices": price_date(), "rates": rates()["measured"]}
    for edition, lines in months.items():
        listed, paid = totals(lines)
        told[edition] = {"lines": [asdict(line) for line in lines], "list_usd": listed, "usd": paid}
    return json.dumps(told, indent=2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m infra.cost",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--customers", type=_count, default=2_000, help="customers with a purchase (default: 2000)"
    )
    parser.add_argument("--sales", type=_count, default=27_000, help="sales in Firestore (default: 27000)")
    parser.add_argument("--changes", type=_count, default=75, help="new or changed sales a day (default: 75)")
    parser.add_argument(
        "--export-mode",
        choices=MODES,
        default=SCAN,
        help=f"how the export finds what changed (default: {SCAN})",
    )
    parser.add_argument("--project", help="take the counts from this project's warehouse")
    parser.add_argument(
        "--location", default=LOCATION, help=f"location of its warehouse (default: {LOCATION})"
    )
    parser.add_argument("--warehouse", default=DATASETS["warehouse"], help="the dataset of its gold layer")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


def _count(text: str) -> int:
    number = int(text.replace(",", "").replace("_", ""))
    if number < 0:
        raise argparse.ArgumentTypeError("give a count of 0 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
