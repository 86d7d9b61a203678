"""The services of the local cloud: how each is started, and the query that shows that it works."""

import json
import sys
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import grpc

from localcloud.endpoints import Endpoints
from localcloud.settings import OwnService, Settings

CHECK_SECONDS = 5.0
UNREADY = (OSError, grpc.RpcError)


@dataclass(frozen=True)
class Service:
    """A service: its command line for endpoints and a folder, and a check that raises UNREADY errors."""

    name: str
    command: Callable[[Endpoints, Path], list[str]]
    check: Callable[[Endpoints], None]


def services_of(settings: Settings) -> dict[str, Service]:
    """Return the services that a project uses, by name: Google's first, then its own."""
    own = [_own_service(name, service, settings) for name, service in settings.service.items()]
    return {service.name: service for service in [*(GOOGLE[name] for name in settings.google), *own]}


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
    """Get a document that does not exist, by hand: Google's client would take a second to import."""
    name = f"projects/{endpoints.project}/databases/(default)/documents/health/check".encode()
    request = b"\x0a" + bytes([len(name)]) + name
    with grpc.insecure_channel(endpoints.address("firestore")) as channel:
        get = channel.unary_unary("/google.firestore.v1.Firestore/GetDocument")
        try:
            get(request, timeout=CHECK_SECONDS)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise


def _dataform(endpoints: Endpoints, folder: Path) -> list[str]:
    return _module("dataform", endpoints, folder, "--project", endpoints.project)


def _check_dataform(endpoints: Endpoints) -> None:
    parent = f"projects/{endpoints.project}/locations/us-central1"  # any location is answered
    _http(f"http://{endpoints.address('dataform')}/v1/{parent}/repositories")


def _check_vertex(endpoints: Endpoints) -> None:
    parent = f"projects/{endpoints.project}/locations/us-central1"
    _http(f"http://{endpoints.address('vertex')}/v1/{parent}/pipelineJobs?pageSize=1")


def _own_service(name: str, service: OwnService, settings: Settings) -> Service:
    def command(endpoints: Endpoints, folder: Path) -> list[str]:
        variables = [
            f"{variable}={settings.fill_placeholders(text, endpoints, folder.parent)}"
            for variable, text in service.environment.items()
        ]
        port = str(endpoints.ports[name])
        return ["env", *variables, sys.executable, "-m", "localcloud.own", name, "--port", port]

    def check(endpoints: Endpoints) -> None:
        _http(f"http://{endpoints.address(name)}{service.health}")

    return Service(name, command, check)


def _http(url: str, body: object = None) -> None:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 -- our own
    with urllib.request.urlopen(request, timeout=CHECK_SECONDS) as answer:  # noqa: S310
        answer.read()


GOOGLE = {
    service.name: service
    for service in (
        Service("bigquery", _bigquery, _check_bigquery),
        Service("storage", lambda e, folder: _module("storage", e, folder), _check_storage),
        Service("firestore", lambda e, folder: _module("firestore", e, folder), _check_firestore),
        Service("dataform", _dataform, _check_dataform),
        Service("vertex", lambda e, folder: _module("vertex", e, folder), _check_vertex),
    )
}
