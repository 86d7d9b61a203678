"""The services of the laptop's cloud: how each is started, and the query that shows that it works."""

import json
import sys
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc

from localcloud.endpoints import Endpoints

CHECK_SECONDS = 5.0
UNREADY = (OSError, grpc.RpcError)


@dataclass(frozen=True)
class Service:
    """A service: its command line for endpoints and a folder, and a check that raises one of UNREADY."""

    name: str
    command: Callable[[Endpoints, Path], list[str]]
    check: Callable[[Endpoints], None]


def by_name(names: Sequence[str]) -> list[Service]:
    """Return the services of these names; raise ValueError for a name that is none."""
    if unknown := set(names) - set(SERVICES):
        raise ValueError(f"no such service: {', '.join(sorted(unknown))} (there are {', '.join(SERVICES)})")
    return [service for service in SERVICES.values() if service.name in names]


def _module(name: str, endpoints: Endpoints, folder: Path, *more: str) -> list[str]:
    port = str(endpoints.ports[name])
    return [sys.executable, "-m", f"localcloud.{name}", "--port", port, "--data-dir", str(folder), *more]


def _bigquery(endpoints: Endpoints, folder: Path) -> list[str]:
    grpc_port = str(endpoints.ports["bigquery_storage"])
    return _module("bigquery", endpoints, folder, "--grpc-port", grpc_port, "--project", endpoints.project)


def _check_bigquery(endpoints: Endpoints) -> None:
    url = f"http://{endpoints.address('bigquery')}/bigquery/v2/projects/{endpoints.project}"
    _http(f"{url}/queries", {"query": "SELECT 1", "useLegacySql": False})
    _http(f"{url}/datasets")


def _check_storage(endpoints: Endpoints) -> None:
    _http(f"http://{endpoints.address('storage')}/storage/v1/b?project={endpoints.project}")


def _check_firestore(endpoints: Endpoints) -> None:
    """Get a document that is not there; Google's client would take a second to import, so by hand."""
    name = f"projects/{endpoints.project}/databases/(default)/documents/health/check".encode()
    request = b"\x0a" + bytes([len(name)]) + name
    with grpc.insecure_channel(endpoints.address("firestore")) as channel:
        get = channel.unary_unary("/google.firestore.v1.Firestore/GetDocument")
        try:
            get(request, timeout=CHECK_SECONDS)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise


def _check_dataform(endpoints: Endpoints) -> None:
    parent = f"projects/{endpoints.project}/locations/us-central1"
    _http(f"http://{endpoints.address('dataform')}/v1/{parent}/repositories")


def _check_vertex(endpoints: Endpoints) -> None:
    parent = f"projects/{endpoints.project}/locations/us-central1"
    _http(f"http://{endpoints.address('vertex')}/v1/{parent}/pipelineJobs?pageSize=1")


def _orchestrator(endpoints: Endpoints, _: Path) -> list[str]:
    """Days may lie ahead of today here: each `make run` is for the day after the last one."""
    settings = {
        "WINTER_DAYS_PROJECT": endpoints.project,
        "WINTER_DAYS_ALLOW_FUTURE_DATES": "true",
        "WINTER_DAYS_PARAMETERS": json.dumps({"dataform_longest_poll_seconds": 0.5}),
        "WINTER_DAYS_CONSOLE_URL": f"http://{endpoints.address('vertex')}/runs/{{id}}",
    }
    variables = [f"{name}={value}" for name, value in settings.items()]
    port = str(endpoints.ports["orchestrator"])
    return ["env", *variables, sys.executable, "-m", "localcloud.orchestrator", "--port", port]


def _check_orchestrator(endpoints: Endpoints) -> None:
    _http(f"http://{endpoints.address('orchestrator')}/healthz")


def _http(url: str, body: object = None) -> None:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 -- our own
    with urllib.request.urlopen(request, timeout=CHECK_SECONDS) as answer:  # noqa: S310
        answer.read()


SERVICES = {
    service.name: service
    for service in (
        Service("bigquery", _bigquery, _check_bigquery),
        Service("storage", lambda e, folder: _module("storage", e, folder), _check_storage),
        Service("firestore", lambda e, folder: _module("firestore", e, folder), _check_firestore),
        Service("dataform", lambda e, folder: _module("dataform", e, folder), _check_dataform),
        Service("vertex", lambda e, folder: _module("vertex", e, folder), _check_vertex),
        Service("orchestrator", _orchestrator, _check_orchestrator),
    )
}
