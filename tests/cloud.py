"""The way to a local cloud for Google's clients in this process, for as long as a block takes.

A fixture that outlives a test file must not set a variable: the next file's may differ.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from localcloud.endpoints import Endpoints
from localcloud.supervisor import running


@contextmanager
def uncounted(state_dir: Path, services: Sequence[str] = ()) -> Iterator[Endpoints]:
    """Run services whose lines coverage does not count: steps are short processes, a third slower with it."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
            endpoints = stack.enter_context(running(state_dir, services))
        yield endpoints


@contextmanager
def led_to(endpoints: Endpoints) -> Iterator[Endpoints]:
    """Set the variables that lead there, and put back what was before."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in endpoints.environment().items():
            patch.setenv(name, value)
        yield endpoints
