"""Clients connect to the cloud, or to a stand-in where its variable is set."""

import socket

import google.auth
import pytest
import requests
from google.auth.credentials import AnonymousCredentials

from components.shared import clients
from components.shared.clients import bigquery_client, pipeline_service_client


@pytest.fixture
def signed_in(monkeypatch):
    monkeypatch.setattr(google.auth, "default", lambda *_, **__: (AnonymousCredentials(), "a-project"))


def test_pipeline_jobs_are_requested_at_their_location(monkeypatch, signed_in):
    monkeypatch.delenv("VERTEX_EMULATOR_HOST", raising=False)
    client = pipeline_service_client("europe-west1")
    assert (client.transport.kind, client.api_endpoint) == ("grpc", "europe-west1-aiplatform.googleapis.com")


def test_the_stand_in_for_pipeline_jobs_is_reached_by_rest_and_without_tls(monkeypatch):
    monkeypatch.setenv("VERTEX_EMULATOR_HOST", "127.0.0.1:9070")
    transport = pipeline_service_client("europe-west1").transport
    assert (transport.kind, transport.host) == ("rest", "http://127.0.0.1:9070")


def test_a_silent_bigquery_is_not_waited_for_forever(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr(clients, "LONGEST_SILENCE_SECONDS", 0.2)
        with bigquery_client("a-project") as client, pytest.raises(requests.ReadTimeout):
            client.get_table("a-project.a.table", retry=None)
