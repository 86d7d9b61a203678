"""What all attempts here start from, made once, since its bucket and documents have fixed names."""

from collections.abc import Iterator

import pytest

from localcloud.endpoints import Endpoints
from tests.conftest import led_to
from tests.faults.ground import Ground, make_ground


@pytest.fixture(scope="session")
def made_ground(laptop: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    steps = ["export_sales", "run_dataform", "record_run"]
    with led_to(laptop):
        made = make_ground(laptop, tmp_path_factory.mktemp("faults"), steps)
    with made.bigquery, made.storage:
        yield made


@pytest.fixture(scope="module")
def ground(made_ground: Ground, cloud: Endpoints) -> Ground:
    """The same ground, with the test file's clients pointed at its cloud."""
    assert made_ground.endpoints == cloud
    return made_ground
