"""The page on retention says what is set, and where; and pages of runs that are gone are deleted."""

import re
from pathlib import Path

import pytest

from laptop.retention import forget_pages

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "retention.md").read_text(encoding="utf-8")
ROWS = re.findall(r"(?m)^\| [^|]+ \| `(\w+)` \| (\d+) \| `([\w./]+)` \| [^|]+ \|$", PAGE)
SET = {  # how a setting is written in each kind of file
    "variables.tf": r'variable "{name}" \{{[^}}]*?default\s*= (\d+)\n',
    "storage.tf": r"\b{name}\s*= (\d+)\n",
    ".toml": r"(?m)^{name} = (\d+)$",
    ".py": r'(?im)^(?:.*"{name}": |{name} = |    {name}: .*= )(\d+)\b',
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_number_is_the_one_that_is_set(row: tuple[str, str, str]) -> None:
    name, value, file = row
    [pattern] = [pattern for kind, pattern in SET.items() if file.endswith(kind)]
    assert re.findall(pattern.format(name=name), (ROOT / file).read_text(encoding="utf-8")) == [value]


def test_every_setting_of_days_has_its_row() -> None:
    variables = (ROOT / "infra" / "variables.tf").read_text(encoding="utf-8")
    assert set(re.findall(r'variable "(\w+_days)"', variables)) <= {name for name, _, _ in ROWS}
    assert len(ROWS) == len(re.findall(r"(?m)^\|[^|]+\| `\w+` \|", PAGE)) == 13


def test_pages_of_runs_that_are_gone_are_deleted(tmp_path: Path) -> None:
    kept = [
        *("customer-churn-20260102.html", "customer-churn-20260102-r2-watching.html"),
        *("dashboard.html", "customer-churn-notes.html", "notes.txt"),
    ]
    gone = [
        *("customer-churn-20260101.html", "customer-churn-20260101-dashboard.html"),
        "customer-churn-20260102-r3.html",
    ]
    for name in [*kept, *gone]:
        (tmp_path / name).write_text("")
    forget_pages(tmp_path, {"customer-churn-20260102", "customer-churn-20260102-r2"})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
