"""Have every fault happen to every call of every step, and write what came of it into docs/reliability.md.

A run of some steps or faults alone leaves the page as it is. The exit code is 1 when anything was bad.

examples:
  python -m tests.faults
  python -m tests.faults --steps export_sales,record_run --faults 503,reset
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from localcloud.supervisor import running
from tests.cloud import led_to
from tests.faults import matrix, scorecard
from tests.faults.ground import Ground, make_ground
from tests.faults.matrix import Case, Outcome, Result
from tests.faults.scenes import SCENES
from tests.faults.steps import STEPS

SERVICES = ("bigquery", "storage", "firestore", "dataform", "vertex")
AT_ONCE = 4
REPORT_SECONDS = 10.0


def main() -> int:
    """Try what is asked for; return 1 when anything was bad."""
    options = _options()
    steps, faults = options.steps.split(","), options.faults.split(",")
    if unknown := [*({*steps} - {*STEPS, *SCENES}), *({*faults} - {*scorecard.FAULTS})]:
        sys.exit(f"no such step or fault: {', '.join(unknown)} (there are {', '.join([*STEPS, *SCENES])})")
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder, "cloud"), services=SERVICES) as endpoints,
        led_to(endpoints),
    ):
        ground = make_ground(endpoints, Path(folder), steps)
        results = _try_all(list(_cases(ground, steps, faults)), ground, options.at_once)
        results += _play(ground, [name for name in steps if name in SCENES])
    print("\n".join(scorecard.table(results)))
    print(scorecard.scorecard(results).splitlines()[0])
    for result in results:
        if result.outcome is Outcome.BAD:
            print(f"BAD {result.step}, {result.fault} at {result.where}: {result.said}")
    if {*steps} == {*STEPS, *SCENES} and {*faults} == {*scorecard.FAULTS}:
        scorecard.write(results)
    return int(any(result.outcome is Outcome.BAD for result in results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--steps", default=",".join([*STEPS, *SCENES]), help="of which steps and scenes (all)"
    )
    parser.add_argument(
        "--faults", default=",".join(scorecard.FAULTS), help="which faults of the matrix (all)"
    )
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="attempts side by side (%(default)s)")
    return parser.parse_args()


def _cases(ground: Ground, steps: Sequence[str], faults: Sequence[str]) -> Iterator[Case]:
    """Record a good run of each step, and yield its cases."""
    for name in steps:
        if name in STEPS:
            calls = matrix.calls_of(ground, STEPS[name])
            _say(f"{name} makes {len(calls)} calls")
            yield from (case for case in matrix.cases_of(name, calls) if case.trap.fault in faults)


def _try_all(cases: Sequence[Case], ground: Ground, at_once: int) -> list[Result]:
    """Try the cases side by side, and tell now and then how many are done."""
    results, said = list[Result](), time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        tried = [pool.submit(matrix.try_case, ground, case) for case in cases]
        for future in as_completed(tried):
            results.append(result := future.result())
            if result.outcome is Outcome.BAD:
                _say(f"BAD {result.step}, {result.fault} at {result.where}: {result.said}")
            if time.monotonic() - said > REPORT_SECONDS or len(results) == len(cases):
                said = time.monotonic()
                _say(f"{len(results)} of {len(cases)} faults: {_in_words(results)}")
    return results


def _play(ground: Ground, names: Sequence[str]) -> list[Result]:
    results = []
    for name in names:
        outcome, said = SCENES[name].play(ground)
        _say(f"{name}: {outcome}, {said}")
        results.append(Result(name, name, outcome, SCENES[name].told, said))
    return results


def _in_words(results: Sequence[Result]) -> str:
    counts = Counter(result.outcome for result in results)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
