"""Cases from a seed: expressions with edge values as arguments, whole queries, and their outcomes."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fuzz import edges
from tests.fuzz.engines import Google, Local, NotHere, Refused, Unknown, alike, ordered
from tests.fuzz.functions import templates
from tests.fuzz.queries import Whole, whole

HOLE = re.compile(r"\{([A-Z0-9]+)\}")
TOGETHER = 40
WHOLE_SHARE = 0.25
NAME = re.compile(r"[A-Z][A-Z_0-9.]*(?=\()")


@dataclass(frozen=True)
class Outcome:
    """A case's kind and SQL, its result ("alike", "refused" with 501, or "different"), and both answers."""

    kind: str
    sql: str
    result: str
    ours: Any = None
    googles: Any = None


def expression(chance: random.Random) -> tuple[str, str]:
    """Return an expression's kind and a query of its value, with columns of the edge tables as arguments."""
    template = chance.choice(TEMPLATES)
    tables: list[str] = []
    conditions: list[str] = []

    def column(hole: re.Match[str]) -> str:
        at = len(tables)
        tables.append(f"{edges.name(hole[1])} AS t{at}")
        conditions.append(f"t{at}.n = {chance.randrange(len(edges.EDGES[hole[1]]))}")
        return f"t{at}.v"

    text = HOLE.sub(column, template)
    found = NAME.match(template) or NAME.search(template)
    kind = found[0] if found else template
    if not tables:
        return kind, f"SELECT {text} AS v"
    return kind, f"SELECT {text} AS v FROM {', '.join(tables)} WHERE {' AND '.join(conditions)}"


TEMPLATES = templates()


def outcomes(seed: int, google: Google, local: Local) -> Iterator[Outcome]:
    """Yield outcomes of cases without end; the same seed gives the same cases."""
    chance = random.Random(seed)
    while True:
        few = round(TOGETHER * WHOLE_SHARE)
        yield from _expressions([expression(chance) for _ in range(TOGETHER - few)], google, local)
        for _ in range(few):
            yield from _whole(whole(chance), google, local)


def _expressions(cases: list[tuple[str, str]], google: Google, local: Local) -> Iterator[Outcome]:
    known = []
    for kind, sql in cases:
        try:
            known.append((kind, sql, google.ask(sql)))
        except Unknown:
            continue
    answered = [case for case in known if not isinstance(case[2], Refused)]
    ours = dict(_together([sql for _, sql, _ in answered], local))
    for kind, sql, googles in known:
        yield _outcome(kind, sql, ours[sql] if sql in ours else local.ask(sql), googles)


def _together(queries: Sequence[str], local: Local) -> Iterator[tuple[str, Any]]:
    """Yield each query's answer; ask in one statement, since one for each would take minutes."""
    if not queries:
        return
    columns = ", ".join(f"({sql}) AS c{n}" for n, sql in enumerate(queries))
    found = local.ask(f"SELECT {columns}")
    if not isinstance(found, Refused):
        [row] = found
        yield from ((sql, [[value]]) for sql, value in zip(queries, row, strict=True))
    elif len(queries) == 1:
        yield queries[0], local.ask(queries[0])
    else:
        half = len(queries) // 2
        yield from _together(queries[:half], local)
        yield from _together(queries[half:], local)


def _whole(case: Whole, google: Google, local: Local) -> Iterator[Outcome]:
    try:
        googles = google.ask(case.same or case.sql)
    except Unknown:
        return
    ours = local.ask_changed(case.before, case.sql) if case.before else local.ask(case.sql)
    if not case.is_ordered and not isinstance(ours, Refused) and not isinstance(googles, Refused):
        ours, googles = ordered(ours), ordered(googles)
    yield _outcome(f"({case.kind})", f"{case.before}; {case.sql}" if case.before else case.sql, ours, googles)


def _outcome(kind: str, sql: str, ours: Any, googles: Any) -> Outcome:
    if isinstance(ours, NotHere):
        return Outcome(kind, sql, "refused", ours, googles)
    both = isinstance(ours, Refused) and isinstance(googles, Refused)
    either = isinstance(ours, Refused) or isinstance(googles, Refused)
    same = both or (not either and alike(ours, googles))
    return Outcome(kind, sql, "alike" if same else "different", ours, googles)
