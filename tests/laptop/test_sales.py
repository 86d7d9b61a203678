"""How the generators end is how the run goes on."""

import os
import signal
import threading
import time
from collections.abc import Iterator
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


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let SIGINT interrupt, which a process in the background may have inherited as ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_ends_the_generators_which_print_nothing_of_their_own(generators: Path) -> None:
    generators.write_text('#!/bin/sh\necho $$ > "$0.$2"\nexec sleep 60\n')
    groups: dict[int, int] = {}

    def interrupt() -> None:
        files = [generators.with_name(f"generator.generators.{name}") for name in ("sales", "startups")]
        while not all(file.exists() and file.read_text() for file in files):
            time.sleep(0.05)
        groups.update({(pid := int(file.read_text())): os.getpgid(pid) for file in files})
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        sales.generate(BatchState(), date(2026, 1, 31), 3, [], ["startups"])
    assert len(groups) == 2
    assert os.getpgid(0) not in groups.values()
    for pid in groups:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
