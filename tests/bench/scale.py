"""Measure what a day costs after histories of several lengths: each is run, then 2,000 changes a week later.

For each step of that day: documents read, bytes that BigQuery would bill, seconds on its machine, and peak
memory of its processes. The pipeline runs as committed, on a separate local cloud; --set gives it parameters.
Several --changes are consecutive days. tests/bench/rates.py turns the JSON into rates.
With --changelog, sales come from a change log in BigQuery instead of Firestore, so that millions fit.

python tests/bench/scale.py [--sales 10000 100000] [--changes 2000] [--set NAME=VALUE] [--json scale.json]
python tests/bench/scale.py --changelog --sales 10000000
"""

import argparse
import json
import os
import re
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from components.shared.clients import bigquery_client, dataform_client
from components.shared.names import DATASETS, LOCATION, REPOSITORY, WORKSPACE
from infra.deploy import warehouse
from laptop.cloud import set_clock
from laptop.provision import make_ready
from laptop.trigger import follow, trigger
from localcloud.supervisor import running
from tests.bench.histories import CHANGED_SHARE, InChangeLog, InFirestore, Place

PROJECT = "winter-days-local"
DAY = date(2026, 2, 2)  # of the first run, a Monday
QUIET = timedelta(days=8)  # between the first run and the days: assertions look at a week of exports
EXECUTOR = re.compile(r"kfp\.dsl\.executor_main.*--function_to_execute\0(\w+)", re.DOTALL)
SAMPLED_SECONDS = 0.05


@dataclass(frozen=True)
class StepMeasure:
    """What a step of a run took."""

    step: str
    documents_read: int
    bytes_billed: int
    rows_written: int
    seconds: float
    peak_megabytes: int


@dataclass(frozen=True)
class Measured:
    """What the steps of a day took, after so many sales and with so many changes."""

    sales: int
    changes: int
    steps: list[StepMeasure]

    def sum_of(self, what: str) -> int:
        """Return the sum of a count over all steps."""
        return sum(getattr(step, what) for step in self.steps)


def lift_volume_limit(folder: Path) -> None:
    """Let a day bring far more than a usual week of the history, at which the warehouse stops a run."""
    shutil.copytree(warehouse.FOLDER, folder)
    settings = folder / "workflow_settings.yaml"
    limited = settings.read_text(encoding="utf-8")
    lifted = re.sub('(most_volume_share): "[0-9]+"', r'\1: "1000000"', limited)
    assert lifted != limited, settings
    settings.write_text(lifted, encoding="utf-8")
    place = f"projects/{PROJECT}/locations/{LOCATION}"
    warehouse.make_workspace(dataform_client(), place, REPOSITORY, WORKSPACE, folder)


@contextmanager
def memory_of_steps() -> Iterator[Counter[str]]:
    """Record, in a thread, the peak memory in MB of each step's processes while the block runs."""
    peaks: Counter[str] = Counter()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLED_SECONDS):
            for process in Path("/proc").glob("[0-9]*"):
                _note(process, peaks)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        over.set()
        thread.join()


def _note(process: Path, peaks: Counter[str]) -> None:
    try:
        if not (step := EXECUTOR.search((process / "cmdline").read_text())):
            return
        peak = re.search(r"VmHWM:\s+(\d+) kB", (process / "status").read_text())
    except OSError:  # the process has ended in the meantime
        return
    if peak:
        peaks[step[1]] = max(peaks[step[1]], int(peak[1]) // 1024)


def measured_run(folder: Path, day: date, parameters: dict[str, Any]) -> list[StepMeasure]:
    """Run a day, and return what its steps took."""
    set_clock(folder, datetime.combine(day, time(2), UTC))
    with memory_of_steps() as peaks:
        run = trigger(os.environ["ORCHESTRATOR_URL"], day, parameters)
        follow(os.environ["VERTEX_EMULATOR_HOST"], run, lambda _: None)
    sql = f"SELECT step_costs, steps FROM {DATASETS['warehouse']}.pipeline_runs WHERE run_id = '{run['id']}'"
    [row] = bigquery_client(PROJECT, LOCATION).query_and_wait(sql)
    written = {record["step"]: _rows_written(record["counts"]) for record in json.loads(row.steps)}
    return [
        StepMeasure(
            step=(name := step["step"]),
            documents_read=step["documents_read"],
            bytes_billed=step["bytes_billed"],
            rows_written=written.get(name, 0),
            seconds=step["machine_seconds"],
            peak_megabytes=peaks[name],
        )
        for step in json.loads(row.step_costs)
    ]


def _rows_written(counts: dict[str, Any]) -> int:
    """Return the number of rows that a step says it wrote, whichever of its counts says so."""
    names = ("rows", "training_rows", "scoring_rows", "changed")
    return int(counts.get("rows_written", sum(counts.get(name, 0) for name in names)))


def measure(count: int, changes_a_day: list[int], options: argparse.Namespace) -> Iterator[Measured]:
    """Yield what the steps took on each day that follows a history of `count` sales."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        set_clock(folder, datetime(1990, 1, 1, tzinfo=UTC))  # before the cloud, whose times never go back
        endpoints = stack.enter_context(running(folder, report=lambda _: None))
        os.environ.update(endpoints.environment())
        make_ready(PROJECT)
        lift_volume_limit(folder / "dataform-of-bench")
        place: Place = InFirestore(folder, PROJECT, DAY)
        if options.changelog:
            place = InChangeLog(PROJECT, datetime.now(UTC).date() - QUIET - timedelta(days=1))
        parameters = place.parameters | _given(options.set)
        place.write_history(count)
        first = measured_run(folder, place.first_day, parameters)
        print(table(f"first run, {count:,} sales", first), flush=True)
        for number, changed in enumerate(changes_a_day):
            day = place.first_day + QUIET + timedelta(days=number)
            place.write_changes(changed, count, day)
            steps = measured_run(folder, day + timedelta(days=1), parameters)
            yield Measured(count, changed, steps)
            count += changed - int(changed * CHANGED_SHARE)


def _given(pairs: list[str]) -> dict[str, Any]:
    parts = (each.partition("=") for each in pairs)
    return {name: int(value) if value.isdigit() else value for name, _, value in parts}


def table(title: str, steps: list[StepMeasure]) -> str:
    """Return what steps took, with the sum, as lines of at most 80 columns."""
    lines = [f"{title:<32}{'documents':>11}{'MB billed':>11}{'rows':>10}{'s':>8}{'MB peak':>8}"]
    lines += [
        f"  {step.step:<30}{step.documents_read:>11,}{step.bytes_billed / 2**20:>11,.0f}"
        f"{step.rows_written:>10,}{step.seconds:>8,.1f}{step.peak_megabytes:>8,}"
        for step in steps
    ]
    documents, billed = sum(s.documents_read for s in steps), sum(s.bytes_billed for s in steps)
    seconds = sum(s.seconds for s in steps)
    lines.append(f"  {'all':<30}{documents:>11,}{billed / 2**20:>11,.0f}{'':>10}{seconds:>8,.1f}")
    return "\n".join(lines)


def main() -> None:
    """Measure each history in its own local cloud, and print how the day's cost grows with it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sales", type=int, nargs="+", default=[10_000, 100_000], help="of the histories")
    parser.add_argument("--changes", type=int, nargs="+", default=[2_000], help="of the days that follow")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="of the pipeline")
    parser.add_argument("--json", type=Path, help="where to write the result as well")
    parser.add_argument("--changelog", action="store_true", help="have the sales in a change log in BigQuery")
    options = parser.parse_args()
    results = []
    for count in options.sales:
        for day in measure(count, options.changes, options):
            print(table(f"{day.changes:,} changes after {day.sales:,}", day.steps), flush=True)
            results.append(day)
            if options.json:
                options.json.write_text(json.dumps([asdict(each) for each in results], indent=2) + "\n")
    least, most = results[0], results[-1]
    for what in ("documents_read", "bytes_billed"):
        grown = most.sum_of(what) / max(least.sum_of(what), 1)
        print(f"{what} at {most.sales:,} sales: {grown:.2f} times those at {least.sales:,}")


if __name__ == "__main__":
    main()
