"""docs/your-data.md shows the command's actual output, and its table names every key."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from sources.__main__ import main
from sources.mapping import Mapping, presets, read
from tests.sources.test_mapping import models_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "your-data.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```\n\$ \.venv/bin/python -m sources (check .*)\n((?:.*\n)*?)```", PAGE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, with the page's own files and the samples in their usual place."""
    for name, text in re.findall(r"`([\w.]+)`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[command.split()[-1] for command, _ in EXAMPLES])
def test_an_example_is_the_commands_actual_output(
    command: str, shown: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(shlex.split(command)) == 0
    told = capsys.readouterr().out
    assert told == shown
    assert max(map(len, told.splitlines())) <= 80


def test_every_preset_has_an_example() -> None:
    assert {command.split()[-1] for command, _ in EXAMPLES} == {*presets(), "own"}


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield the keys of a mapping, dotted."""
    for key, info in model.model_fields.items():
        inner = models_of(info.annotation)
        yield from keys(inner[0], f"{prefix}{key}.") if inner else [f"{prefix}{key}"]


def test_every_key_is_in_the_table() -> None:
    table = PAGE.partition("## Every key")[2]
    assert re.findall(r"(?m)^\| `([\w.]+)` \| \S", table) == list(keys(Mapping))


def test_the_mapping_of_a_collection_is_short() -> None:
    section = PAGE.partition("## In the cloud")[2].partition("\n## ")[0]
    whole, source = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    assert read(whole, "orders").source.collection == "orders"
    assert len(whole.splitlines()) < 25
    of_a_table = re.sub(r"(?m)^source:.*\n", source, whole)
    assert "events_*" in str(read(of_a_table, "orders").source.query)
