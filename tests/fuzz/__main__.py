"""Send the same queries to the local BigQuery and to Google's own engine for a
time, and print the differences by function.

Example: python -m tests.fuzz --seconds 300 --seed 7 --show 3
"""

import argparse
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from components.shared.clients import bigquery_client
from localcloud.supervisor import running
from tests.cloud import led_to
from tests.fuzz.cases import Outcome, outcomes
from tests.fuzz.engines import Google, Local

LEAST_ALIKE = 0.98


def main() -> int:
    """Return 0 if enough answers are alike."""
    arguments = _arguments()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), services=("bigquery",)) as endpoints,
        led_to(endpoints),
    ):
        found = outcomes(arguments.seed, Google(), Local(bigquery_client("fuzzed-project")))
        return _report(list(islice(_until(found, arguments.seconds), arguments.cases)), arguments.show)


def _until(found: Iterator[Outcome], seconds: float) -> Iterator[Outcome]:
    end = time.monotonic() + seconds
    told = time.monotonic()
    for count, outcome in enumerate(found, 1):
        yield outcome
        if time.monotonic() > end:
            return
        if time.monotonic() > told + 10:
            told = time.monotonic()
            print(f"{count:,} cases, {end - told:.0f} s left", flush=True)


def _report(found: list[Outcome], show: int) -> int:
    results = Counter(outcome.result for outcome in found)
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in found:
        by_kind[outcome.kind].append(outcome)
    print(f"{'function':32}{'cases':>7}{'refused':>9}{'different':>11}")
    for kind, cases in sorted(by_kind.items()):
        count = Counter(case.result for case in cases)
        if len(count) == 1 and count["alike"]:
            continue
        print(f"{kind:32}{len(cases):7}{count['refused']:9}{count['different']:11}")
        for case in [case for case in cases if case.result != "alike"][:show]:
            print(f"    {case.sql}\n      here   {case.ours!r:.300}\n      Google {case.googles!r:.300}")
    share = results["alike"] / max(len(found), 1)
    others = f"{results['refused']} refused, {results['different']} different"
    print(f"{len(found):,} cases: {share:.2%} alike, {others}")
    return int(share < LEAST_ALIKE)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=300, help="how long to ask (300)")
    parser.add_argument("--cases", type=int, help="how many to ask at most")
    parser.add_argument(
        "--seed", type=int, default=17, help="which cases: the same seed, the same cases (17)"
    )
    parser.add_argument("--show", type=int, default=1, help="examples of each function that differs (1)")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
