"""Inject every fault into every call of every step, and write the outcomes to
docs/reliability.md.

A run of only some steps or faults leaves the page's other results as they are.
The exit code is 1 if any outcome was bad.

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
from contextlib import contextmanager
from pathlib import Path

from tests.cloud import led_to
from tests.faults import matrix, scorecard
from tests.faults.fault import Fault
from tests.faults.ground import Ground, make_ground
from tests.faults.matrix import ALL, Case, Outcome, Result
from tests.faults.own_cloud import own_cloud
from tests.faults.scenes import SCENES
from tests.faults.steps import STEPS

AT_ONCE = 4
REPORT_SECONDS = 10.0


def main() -> int:
    """Try the requested faults; return 1 if any outcome was bad."""
    options = _options()
    steps, faults = options.steps.split(","), options.faults.split(",")
    if unknown := [*({*steps} - {*STEPS, *SCENES}), *({*faults} - {*ALL})]:
        sys.exit(f"no such step or fault: {', '.join(unknown)} (there are {', '.join([*STEPS, *SCENES])})")
    results: list[Result] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        own_cloud(Path(folder, "cloud")) as cloud,
        led_to(cloud.endpoints) as endpoints,
    ):
        ground = make_ground(endpoints, Path(folder), steps, cloud)
        for name in steps:
            done = _try_step(ground, name, faults, options) if name in STEPS else [_play(ground, name)]
            results += done
            scorecard.write(done)
    print(scorecard.scorecard(results, before=""))
    return int(any(result.outcome is Outcome.BAD for result in results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", default=",".join([*STEPS, *SCENES]), help="steps and scenes to run (all)")
    parser.add_argument("--faults", default=",".join(ALL), help="which faults of the matrix (all)")
    parser.add_argument("--every", type=int, default=1, help="try only every Nth fault of a step (1)")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="attempts in parallel (%(default)s)")
    return parser.parse_args()


def _try_step(ground: Ground, name: str, faults: Sequence[str], options: argparse.Namespace) -> list[Result]:
    """Record a good run of a step, then try its cases; those that would disturb others run last, alone."""
    calls = matrix.calls_of(ground, STEPS[name])
    cases = [case for case in matrix.cases_of(name, calls) if case.trap.fault in faults]
    cases = cases[:: options.every]
    _say(f"{name} makes {len(calls)} calls: {len(cases)} faults")
    apart = [case for case in cases if case.trap.fault is Fault.SERVICE_KILLED]
    results = _try_all([case for case in cases if case not in apart], ground, options.at_once)
    return results + _try_all(apart, ground, at_once=1)


def _try_all(cases: Sequence[Case], ground: Ground, at_once: int) -> list[Result]:
    """Try the cases in parallel, and report progress now and then."""
    results, said = list[Result](), time.monotonic()
    with ThreadPoolExecutor(at_once) as pool, _dropping_the_rest(pool):
        tried = [pool.submit(matrix.try_case, ground, case) for case in cases]
        for future in as_completed(tried):
            results.append(result := future.result())
            if result.outcome is Outcome.BAD:
                _say(f"BAD {result.step}, {result.fault} at {result.where}: {result.said}")
            if time.monotonic() - said > REPORT_SECONDS or len(results) == len(cases):
                said = time.monotonic()
                _say(f"{len(results)} of {len(cases)} faults: {_in_words(results)}")
    return results


@contextmanager
def _dropping_the_rest(pool: ThreadPoolExecutor) -> Iterator[None]:
    """Cancel the pool's pending work if the block fails, so that Ctrl-C does not wait for it."""
    try:
        yield
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _play(ground: Ground, name: str) -> Result:
    try:
        outcome, said = SCENES[name].play(ground)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is not as it must be
        outcome, said = Outcome.BAD, f"{type(error).__name__}: {error}"
    _say(f"{name}: {outcome} {said}")
    return Result(name, name, outcome, SCENES[name].told, said)


def _in_words(results: Sequence[Result]) -> str:
    counts = Counter(result.outcome for result in results)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
