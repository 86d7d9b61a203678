"""A pytest plugin that points Google's client at the local BigQuery, without credentials."""

import os
from typing import Any

import google.auth
import grpc
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery_storage
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport
from left_out import LEFT_OUT


def nobody(*_: Any, **__: Any) -> tuple[AnonymousCredentials, str]:
    """Return anonymous credentials where google.auth.default would look for somebody's."""
    return AnonymousCredentials(), os.environ["GOOGLE_CLOUD_PROJECT"]


class LocalReadClient(bigquery_storage.BigQueryReadClient):
    """A Storage API client at the local address, which Google's own takes from no variable."""

    def __init__(self, **_: Any) -> None:
        """Connect to the local Storage API."""
        channel = grpc.insecure_channel(os.environ["BIGQUERY_STORAGE_EMULATOR_HOST"])
        super().__init__(transport=BigQueryReadGrpcTransport(channel=channel))


google.auth.default = nobody
bigquery_storage.BigQueryReadClient = LocalReadClient


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that are left out, each with its reason."""
    for item in items:
        name = item.name.partition("[")[0]
        if reason := LEFT_OUT.get(item.name) or LEFT_OUT.get(name):
            item.add_marker(pytest.mark.skip(reason=reason))
