"""Separate projects for what a deployment does to BigQuery, Cloud Storage and Dataform."""

import uuid

import pytest

from components.shared.clients import bigquery_client, dataform_client, storage_client


@pytest.fixture
def project(cloud) -> str:
    """A project for one test."""
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
