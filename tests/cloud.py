"""Google's clients in this process, pointed at a local cloud for the duration of a block.

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
    """Run services without coverage: steps are short processes, which it makes a third slower."""
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
            endpoints = stack.enter_context(running(state_dir, services))
        yield endpoints


@contextmanager
def led_to(endpoints: Endpoints) -> Iterator[Endpoints]:
    """Set the variables that point clients at the endpoints, and restore them afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in endpoints.environment().items():
            patch.setenv(name, value)
        yield endpoints
