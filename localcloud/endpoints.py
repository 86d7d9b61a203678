"""Where the laptop's cloud listens, and the variables that lead Google's clients there."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

HOST = "127.0.0.1"
DEFAULT_PROJECT = "winter-days-local"
PORTS = ("bigquery", "bigquery_storage", "storage", "firestore", "dataform", "vertex", "orchestrator")
VARIABLES = {
    "bigquery": ("BIGQUERY_EMULATOR_HOST", "http://"),
    "bigquery_storage": ("BIGQUERY_STORAGE_EMULATOR_HOST", ""),
    "storage": ("STORAGE_EMULATOR_HOST", "http://"),
    "firestore": ("FIRESTORE_EMULATOR_HOST", ""),
    "dataform": ("DATAFORM_EMULATOR_HOST", ""),
    "vertex": ("VERTEX_EMULATOR_HOST", ""),
    "orchestrator": ("ORCHESTRATOR_URL", "http://"),
}


@dataclass(frozen=True)
class Endpoints:
    """The project and the port of each API on 127.0.0.1, by the names in PORTS."""

    project: str
    ports: Mapping[str, int]

    def address(self, name: str) -> str:
        """Return host:port of an API."""
        return f"{HOST}:{self.ports[name]}"

    def environment(self) -> dict[str, str]:
        """Return the environment variables under which Google's clients use these services."""
        variables = {VARIABLES[name][0]: VARIABLES[name][1] + self.address(name) for name in self.ports}
        return {"GOOGLE_CLOUD_PROJECT": self.project, **variables}


def choose_ports(kept: Mapping[str, int]) -> dict[str, int]:
    """Return a free port for each API: the one of `kept` while nothing else listens there."""
    taken = {name: port for name in PORTS if (port := kept.get(name)) and _is_free(port)}
    return {name: taken.get(name) or free_port() for name in PORTS}


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port
