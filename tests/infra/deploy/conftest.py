"""BigQuery, Cloud Storage and Dataform for what a deployment does to them, started once."""

import uuid

import pytest

from components.shared.clients import bigquery_client, dataform_client, storage_client
from localcloud.endpoints import Endpoints
from localcloud.supervisor import running


@pytest.fixture(scope="session")
def lake(tmp_path_factory) -> Endpoints:
    with running(tmp_path_factory.mktemp("cloud"), services=("bigquery", "storage", "dataform")) as endpoints:
        yield endpoints


@pytest.fixture
def cloud(lake, monkeypatch) -> Endpoints:
    """The same, with the environment that leads the clients there."""
    for name, value in lake.environment().items():
        monkeypatch.setenv(name, value)
    return lake


@pytest.fixture
def project(cloud) -> str:
    """A project of the test's own."""
    return f"deploy-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def bigquery(project):
    with bigquery_client(project) as client:
        yield client


@pytest.fixture
def dataform(cloud):
    return dataform_client()


@pytest.fixture
def storage(project):
    with storage_client(project) as client:
        yield client
