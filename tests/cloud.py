"""The way to a laptop's cloud for Google's clients in this process, for as long as a block takes.

A fixture that outlives a test file must not set a variable: the next file's may differ.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from localcloud.endpoints import Endpoints


@contextmanager
def led_to(endpoints: Endpoints) -> Iterator[Endpoints]:
    """Set the variables that lead there, and put back what was before."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in endpoints.environment().items():
            patch.setenv(name, value)
        yield endpoints
