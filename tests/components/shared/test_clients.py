"""Clients lead to the cloud, or to a stand-in where its variable is set."""

import google.auth
import pytest
from google.auth.credentials import AnonymousCredentials

from components.shared.clients import pipeline_service_client


@pytest.fixture
def signed_in(monkeypatch):
    monkeypatch.setattr(google.auth, "default", lambda *_, **__: (AnonymousCredentials(), "a-project"))


def test_pipeline_jobs_are_asked_for_where_their_location_is(monkeypatch, signed_in):
    monkeypatch.delenv("VERTEX_EMULATOR_HOST", raising=False)
    client = pipeline_service_client("europe-west1")
    assert (client.transport.kind, client.api_endpoint) == ("grpc", "europe-west1-aiplatform.googleapis.com")


def test_the_stand_in_of_pipeline_jobs_is_spoken_to_by_rest_and_without_tls(monkeypatch):
    monkeypatch.setenv("VERTEX_EMULATOR_HOST", "127.0.0.1:9070")
    transport = pipeline_service_client("europe-west1").transport
    assert (transport.kind, transport.host) == ("rest", "http://127.0.0.1:9070")
