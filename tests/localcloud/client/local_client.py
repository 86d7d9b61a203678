"""The plugin of pytest that leads Google's client to the local BigQuery, without credentials."""

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
    """Return what google.auth.default would find where somebody had signed in."""
    return AnonymousCredentials(), os.environ["GOOGLE_CLOUD_PROJECT"]


class LocalReadClient(bigquery_storage.BigQueryReadClient):
    """A client of the Storage API, which has no variable for another address."""

    def __init__(self, **_: Any) -> None:
        """Lead it to the local one."""
        channel = grpc.insecure_channel(os.environ["BIGQUERY_STORAGE_EMULATOR_HOST"])
        super().__init__(transport=BigQueryReadGrpcTransport(channel=channel))


google.auth.default = nobody
bigquery_storage.BigQueryReadClient = LocalReadClient


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is left out, with its reason."""
    for item in items:
        name = item.name.partition("[")[0]
        if reason := LEFT_OUT.get(item.name) or LEFT_OUT.get(name):
            item.add_marker(pytest.mark.skip(reason=reason))
