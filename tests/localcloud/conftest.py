"""A local cloud whose lines coverage counts, for its own tests."""

from collections.abc import Iterator

import pytest

from localcloud.endpoints import Endpoints
from localcloud.supervisor import running
from tests.conftest import LAPTOP


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """The local cloud that other tests have, except that coverage counts its lines."""
    with running(tmp_path_factory.mktemp("laptop"), services=LAPTOP) as endpoints:
        yield endpoints
