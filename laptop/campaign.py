"""Play a campaign of generated customers to its end, inside the local cloud: make campaign.

Runs two days, a horizon apart; starts a campaign between them and measures it afterwards. Generated
customers do not react to campaigns, so the true effect is zero.
"""

import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from audience.effects import measure
from audience.lists import Choice, read_list, start
from audience.sheet import write_csv
from audience.warehouse import Warehouse
from components.shared.clients import bigquery_client
from components.shared.command_line import end_quietly, print_error
from components.shared.defaults import HORIZON_DAYS
from components.shared.names import DATASETS
from dashboard.__main__ import write_dashboard
from laptop import day
from laptop.options import state_folder
from laptop.state import BatchState

TOP, HOLDOUT_SHARE = 3_000, 0.25
POINTS = 0.03  # the effect on churn to detect


def main(arguments: list[str]) -> int:
    """Continue from the last day that was run, or start a horizon before today; return the exit code."""
    options = day.options_of(arguments)
    folder = state_folder(options)
    started_on = BatchState.load(folder).last_run()
    if not started_on:
        started_on = datetime.now(UTC).date() - timedelta(days=options.horizon_days or HORIZON_DAYS)
        if code := day.main([*arguments, "--as-of", str(started_on)]):
            return code
    name = f"demo-{started_on}"
    try:
        closes_on = _start(name, folder)
        return day.main([*arguments, "--as-of", str(closes_on)]) or _measure(name, folder)
    except day.FAILURES as error:
        print_error(error)
        return 1


def _start(name: str, folder: Path) -> date:
    """Start the campaign and write its list; return the day on which its window closes."""
    path = folder / "reports" / f"{name}.csv"
    with bigquery_client(os.environ["GOOGLE_CLOUD_PROJECT"]) as client:
        warehouse = Warehouse(client, DATASETS)
        made = start(warehouse, name, Choice(TOP), HOLDOUT_SHARE)
        write_csv(path, read_list(warehouse, name))
    print(f"campaign     {name}: {path}, {made['held_out']:,} of {made['customers']:,} held out", flush=True)
    closes_on: date = made["closes_on"]
    return closes_on


def _measure(name: str, folder: Path) -> int:
    """Measure the campaign, and write the dashboard that shows it; return the exit code."""
    project, path = os.environ["GOOGLE_CLOUD_PROJECT"], folder / "reports" / "dashboard.html"
    with bigquery_client(project) as client:
        effects = measure(Warehouse(client, DATASETS), name, POINTS)
    for effect in effects:
        print(f"{effect.subject:<12} {effect.sentence}")
    print(f"{'':<12} generated customers do not react to campaigns: the true effect is zero")
    write_dashboard(project, DATASETS["bi"], path)
    print(f"dashboard    {path}, with the effect of {name}")
    return 0


if __name__ == "__main__":
    sys.exit(end_quietly(lambda: main(sys.argv[1:])))
