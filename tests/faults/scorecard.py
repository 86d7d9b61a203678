"""The scorecard in docs/reliability.md, between two marks: what came of every fault that was tried."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.faults.fault import Fault
from tests.faults.matrix import OF_CALLS, Outcome, Result
from tests.faults.scenes import SCENES
from tests.faults.steps import STEPS

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- begin: make faults -->\n", "<!-- end: make faults -->\n"
NONE = "none"
FAULTS = (*OF_CALLS, Fault.OUTAGE, Fault.KILLED_BEFORE, Fault.KILLED_AFTER)


def write(results: Sequence[Result]) -> None:
    """Put the scorecard of a whole run into the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    PAGE.write_text(before + BEGIN + scorecard(results) + END + rest.split(END)[1], encoding="utf-8")


def scorecard(results: Sequence[Result]) -> str:
    """Return the tables as Markdown."""
    matrix = [result for result in results if result.step in STEPS]
    lines = [
        _total(results),
        "",
        *table(matrix),
        "",
        "| What else went wrong | What came of it |",
        "|---|---|",
    ]
    scenes = {result.step: result for result in results if result.step in SCENES}
    for name, scene in SCENES.items():
        lines.append(f"| {scene.told} | {scenes[name].outcome if name in scenes else NONE} |")
    bad = [result for result in results if result.outcome is Outcome.BAD]
    if bad:
        lines += ["", "Bad:", "", *(f"- {one.step}, {one.fault} at `{one.where}`: {one.said}" for one in bad)]
    return "\n".join([*lines, ""])


def _total(results: Sequence[Result]) -> str:
    counts = Counter(result.outcome for result in results)
    return (
        f"**{len(results)} faults: {counts[Outcome.SURVIVED]} survived, {counts[Outcome.MENDED]} failed "
        f"clearly and were mended by a plain rerun, {counts[Outcome.BAD]} bad.**"
    )


def table(results: Iterable[Result]) -> Iterator[str]:
    """Yield the matrix, a row a fault and a column a step, each cell as survived · mended · bad."""
    counts = Counter((result.step, result.fault, result.outcome) for result in results)
    yield "| survived · mended · bad | " + " | ".join(f"`{step}`" for step in STEPS) + " |"
    yield "|---|" + "---|" * len(STEPS)
    for fault in FAULTS:
        cells = [[counts[step, fault, outcome] for outcome in Outcome] for step in STEPS]
        yield f"| {fault} | " + " | ".join(" · ".join(map(str, c)) if any(c) else NONE for c in cells) + " |"


def in_page(text: str) -> tuple[list[str], dict[str, list[str]], int]:
    """Return the steps of a page's matrix, its rows by fault, and how many its total says are bad."""
    part = text.split(BEGIN)[1].split(END)[0]
    lines = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line] for line in lines]
    steps = [cell.strip("`") for cell in rows[0][1:]]
    bad = re.search(r"(\d+) bad", part)
    return (
        steps,
        {row[0]: row[1:] for row in rows[2:] if len(row) == len(rows[0])},
        int(bad[1]) if bad else -1,
    )
