"""docs/features.md: each feature of the churn model with its unit, its meaning and the SQL that makes it."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Template

import sqlglot
from sqlglot import exp

from components.churn_model.features import FEATURES
from infra import tables

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "features.md"
SCRIPT = ROOT / "components" / "extract_features" / "extract_features.sql"
TABLE = "churn_scoring_examples"
# A feature's name says its unit: the first that fits.
UNITS = {
    r"_over_|_variation$": "ratio",
    r"_share$": "share, 0 to 1",
    r"^spend": "money",
    r"days|^gap_": "days",
    r"_decayed|_trend$": "visits",
    r"^(visits|sales|items|categories|sessions|cart_adds)": "count",
}
INTRODUCTION = f"""# The features of the churn model

Made by `make generate`: the meanings are those of the table's columns (`infra/tables/`), the SQL is that of
`{SCRIPT.relative_to(ROOT)}`, the families are those of `FEATURES`; change them there, not here.

One row a customer and cut-off, of what happened before the cut-off; `@horizon_days` is how far ahead the
model looks. A visit is a customer's day with at least one completed sale, its `age` the days from it to the
cut-off, `recency` the least of a customer's ages, a `gap` the days since the visit before. Money is added up
as it was paid, whatever its currency. Reasons speak of a family, and only once of each.
"""


def page() -> str:
    """Return the page, family by family; raise ValueError for a feature that the SQL or the table has not."""
    meanings = {column["name"]: column["description"] for column in tables.definition(TABLE)["schema"]}
    made = definitions(SCRIPT.read_text(encoding="utf-8"))
    if missing := FEATURES.keys() - (meanings.keys() & made.keys()):
        raise ValueError(f"no meaning or no SQL: {', '.join(sorted(missing))}")
    lines = [INTRODUCTION]
    for family in dict.fromkeys(FEATURES.values()):
        lines += [f"## {family.capitalize()}\n", "| Feature | Unit | Meaning | SQL |", "|---|---|---|---|"]
        for name in (name for name in FEATURES if FEATURES[name] == family):
            sql = "<br>of ".join(f"`{one}`" for one in made[name])
            lines.append(f"| `{name}` | {unit(name)} | {meanings[name]} | {sql} |")
        lines.append("")
    return "\n".join(lines)


def unit(name: str) -> str:
    """Return the unit that a feature's name says; raise ValueError when it says none."""
    for pattern, found in UNITS.items():
        if re.search(pattern, name):
            return found
    raise ValueError(f"the name {name} says no unit: generate/features_page.py has those that there are")


def definitions(script: str) -> dict[str, list[str]]:
    """Return the expression of each column of the table `features`, and those of its name that it reads."""
    names = {name: name for name in re.findall(r"\$\{(\w+)\}", script)}
    [create, *_] = sqlglot.parse(Template(script).substitute(names), dialect="bigquery")
    if create is None:
        raise ValueError(f"{SCRIPT.name} begins with no statement")
    query = create.expression
    found: dict[str, list[str]] = {}
    for select in (query, *(one.this for one in reversed(query.args["with_"].expressions))):
        for name, sql in _columns(select):
            if name not in found or _reads(found[name][-1], name):
                found.setdefault(name, []).append(sql)
    return found


def _columns(select: exp.Select) -> Iterator[tuple[str, str]]:
    for one in select.expressions:
        if isinstance(one, exp.Alias):
            yield one.alias, one.this.sql(dialect="bigquery", comments=False)


def _reads(sql: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", sql) is not None
