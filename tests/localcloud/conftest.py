"""BigQuery and Cloud Storage for the tests of the stand-ins, started once."""

import pytest

from localcloud.endpoints import Endpoints
from localcloud.supervisor import running


@pytest.fixture(scope="session")
def lake(tmp_path_factory) -> Endpoints:
    with running(tmp_path_factory.mktemp("lake"), services=("bigquery", "storage")) as endpoints:
        yield endpoints


@pytest.fixture
def cloud(lake, monkeypatch) -> Endpoints:
    """The same, with the environment that leads the clients there."""
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    return lake
