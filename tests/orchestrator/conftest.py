"""The orchestrator in this process, in front of the real stand-ins, with proxies in between that can fail.

A sleeping run occupies the only slot of the local Vertex AI, so that runs submitted by tests stay pending.
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest
from google.cloud.aiplatform_v1 import PipelineJob, PipelineServiceClient

from components.shared.clients import pipeline_service_client, storage_client
from localcloud.endpoints import Endpoints
from orchestrator.server import create_app
from orchestrator.settings import Settings
from tests.cloud import led_to, uncounted
from tests.orchestrator.holding import hold_the_only_place
from tests.orchestrator.proxy import Proxy
from tests.orchestrator.serving import serving

PROJECT = "winter-days-local"
BUCKET = "winter-days-test"
PARENT = f"projects/{PROJECT}/locations/us-central1"
DAYS = itertools.count()


def active(jobs: PipelineServiceClient) -> list[PipelineJob]:
    """Return the runs that wait for the only slot."""
    return list(jobs.list_pipeline_jobs({"parent": PARENT, "filter": 'state="PIPELINE_STATE_PENDING"'}))


def port(client: httpx.Client) -> int:
    return client.base_url.port


@pytest.fixture(scope="session")
def proxied(tmp_path_factory) -> Iterator[tuple[Endpoints, Proxy, Proxy]]:
    """Storage and Vertex AI, each behind a proxy, and the endpoints of the proxies."""
    with (
        uncounted(tmp_path_factory.mktemp("cloud"), ("storage", "vertex")) as endpoints,
        serving(storage := Proxy(f"http://{endpoints.address('storage')}")) as to_storage,
        serving(vertex := Proxy(f"http://{endpoints.address('vertex')}")) as to_vertex,
    ):
        through = replace(endpoints, ports={"storage": port(to_storage), "vertex": port(to_vertex)})
        with led_to(through):
            storage_client(PROJECT).create_bucket(BUCKET)
            hold_the_only_place(PARENT)
        yield through, storage, vertex


@pytest.fixture(scope="module")
def cloud(proxied) -> Iterator[tuple[Proxy, Proxy]]:
    """The proxies of storage and Vertex AI, with a test file's clients pointed at them."""
    through, *proxies = proxied
    with led_to(through), pytest.MonkeyPatch.context() as patch:
        for service, scheme in (("BIGQUERY", "http://"), ("DATAFORM", "")):  # nobody listens there
            patch.setenv(f"{service}_EMULATOR_HOST", f"{scheme}127.0.0.1:9")
        yield tuple(proxies)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Settings that give up soon."""
    return Settings.from_environment(
        {
            "WINTER_DAYS_PROJECT": PROJECT,
            "WINTER_DAYS_BUCKET": BUCKET,
            "WINTER_DAYS_RETRY_SECONDS": "2",
            "WINTER_DAYS_MAX_BACKFILL_DAYS": "10",
            "WINTER_DAYS_PARAMETERS": json.dumps({"horizon_days": 60}),
            "WINTER_DAYS_LABELS": json.dumps({"team": "data"}),
        }
    )


@pytest.fixture(scope="module")
def served(cloud, settings) -> Iterator[httpx.Client]:
    with serving(create_app(settings)) as client:
        yield client


@pytest.fixture
def client(served, cloud, jobs) -> Iterator[httpx.Client]:
    """An HTTP client for the orchestrator; the proxies are cleared, and no run is active."""
    for proxy in cloud:
        proxy.clear()
    yield served
    for proxy in cloud:
        proxy.clear()
    for job in active(jobs):
        jobs.cancel_pipeline_job(name=job.name)


@pytest.fixture
def storage(cloud) -> Proxy:
    return cloud[0]


@pytest.fixture
def vertex(cloud) -> Proxy:
    return cloud[1]


@pytest.fixture
def jobs(cloud) -> PipelineServiceClient:
    """Google's client, connected to the local Vertex AI."""
    return pipeline_service_client("us-central1")


@pytest.fixture
def day() -> date:
    """A day that no other test uses, nor any of the nineteen days after it."""
    return date(2020, 1, 1) + timedelta(days=20 * next(DAYS))
