"""The scorecard in docs/reliability.md, between two markers: the outcome of every fault tried."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.faults.matrix import ALL, Outcome, Result
from tests.faults.scenes import SCENES
from tests.faults.steps import STEPS

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
OTHERS = ("| Other scenario | Outcome |", "|---|---|")
BEGIN, END = "<!-- begin: make faults -->\n", "<!-- end: make faults -->\n"
NONE = ""


def write(results: Sequence[Result]) -> None:
    """Write these outcomes of faults and scenes into the page; its other results stay."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    part, after = rest.split(END)
    PAGE.write_text(before + BEGIN + scorecard(results, part) + END + after, encoding="utf-8")


def scorecard(results: Sequence[Result], before: str) -> str:
    """Return the tables as Markdown; anything missing from the results is taken from `before`."""
    cells, scenes = _cells(before)
    counts = Counter((result.fault, result.step, result.outcome) for result in results)
    cells |= {
        (fault, step): " · ".join(str(counts[fault, step, outcome]) for outcome in Outcome)
        for fault, step, _ in counts
        if step in STEPS
    }
    scenes |= {SCENES[result.step].told: result.outcome for result in results if result.step in SCENES}
    bad = [result for result in results if result.outcome is Outcome.BAD]
    lines = [_total(cells, scenes), "", *table(cells), "", *OTHERS]
    lines += [f"| {scene.told} | {scenes.get(scene.told, NONE)} |" for scene in SCENES.values()]
    lines += ["", *(f"- Bad: {one.step}, {one.fault} at `{one.where}`: {one.said}" for one in bad)]
    return "\n".join(lines).rstrip() + "\n"


def _total(cells: Mapping[tuple[str, str], str], scenes: Mapping[str, str]) -> str:
    counts = Counter(scenes.values())
    for cell in filter(None, cells.values()):
        counts.update(dict(zip(Outcome, map(int, cell.split(" · ")), strict=True)))
    return (
        f"**{counts.total()} faults: {counts[Outcome.SURVIVED]} survived, {counts[Outcome.MENDED]} failed "
        f"clearly and were mended by a plain rerun, {counts[Outcome.BAD]} bad.**"
    )


def table(cells: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """Yield the matrix, one row per fault and one column per step, with cells survived · mended · bad."""
    yield "| survived · mended · bad | " + " | ".join(f"`{step}`" for step in STEPS) + " |"
    yield "|---|" + "---|" * len(STEPS)
    for fault in ALL:
        yield f"| {fault} | " + " | ".join(cells.get((fault, step), NONE) for step in STEPS) + " |"


def _cells(part: str) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """Return what a page says: the matrix by fault and step, and the scenes by their description."""
    lines = [line[1:-1].split("|") for line in part.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line] for line in lines]
    steps = [cell.strip("`") for cell in rows[0][1:]] if rows else []
    cells = {
        (row[0], step): cell
        for row in rows
        if row[0] in list(ALL)
        for step, cell in zip(steps, row[1:], strict=True)
        if step in STEPS
    }
    told = {scene.told for scene in SCENES.values()}
    return cells, {row[0]: row[1] for row in rows if row[0] in told and row[1]}


def in_page(text: str) -> tuple[dict[tuple[str, str], str], dict[str, str], str]:
    """Return what a page says: the matrix by fault and step, the scenes, and its total."""
    part = text.split(BEGIN)[1].split(END)[0]
    cells, scenes = _cells(part)
    return cells, scenes, _total(cells, scenes)
