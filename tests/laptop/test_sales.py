"""How the generators end is how the run goes on."""

from datetime import date
from pathlib import Path

import pytest

from laptop import sales
from laptop.state import BatchState


@pytest.fixture
def generators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shell script that each generator is, instead of Python."""
    program = tmp_path / "generator"
    program.touch(0o755)
    monkeypatch.setattr(sales.sys, "executable", str(program))
    return program


@pytest.mark.parametrize(
    ("code", "failure"), [(1, sales.SalesError), (141, BrokenPipeError)], ids=["failed", "reader left"]
)
def test_a_generator_that_fails_stops_the_run(generators: Path, code: int, failure: type[Exception]) -> None:
    generators.write_text(f"#!/bin/sh\nexit {code}\n")
    state = BatchState()
    with pytest.raises(failure):
        sales.generate(state, date(2026, 1, 31), 3, [], ["clickstream"])
    assert state.generated_through == ""
