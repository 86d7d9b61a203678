"""Where the local cloud listens, and the variables that point Google's clients there."""

import secrets
import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

HOST = "127.0.0.1"
GOOGLE = {  # each of Google's services that has a stand-in, and the names of its ports
    "bigquery": ("bigquery", "bigquery_storage"),
    "storage": ("storage",),
    "firestore": ("firestore",),
    "dataform": ("dataform",),
    "vertex": ("vertex",),
}
# Below the ephemeral ports of outgoing connections (from 32768 on Linux, 49152 elsewhere): such a connection
# could take a port in the seconds between its choice and the start of the service.
DRAWN = range(20_000, 32_768)
SCHEMES = {"bigquery": "http://", "storage": "http://"}  # as Google's clients expect; the others have none


def variable(name: str) -> str:
    """Return the variable for a port: that of Google's clients, or NAME_URL for a project's own service."""
    of_google = any(name in ports for ports in GOOGLE.values())
    return f"{name.upper()}_{'EMULATOR_HOST' if of_google else 'URL'}"


@dataclass(frozen=True)
class Endpoints:
    """The project, and the port of each API on 127.0.0.1, by name."""

    project: str
    ports: Mapping[str, int]

    def address(self, name: str) -> str:
        """Return host:port of an API."""
        return f"{HOST}:{self.ports[name]}"

    def environment(self) -> dict[str, str]:
        """Return the environment variables that make Google's clients use these services."""
        variables = {variable(name): self._value(name) for name in self.ports}
        return {"GOOGLE_CLOUD_PROJECT": self.project, **variables}

    def _value(self, name: str) -> str:
        scheme = SCHEMES.get(name, "") if variable(name).endswith("_HOST") else "http://"
        return scheme + self.address(name)


def choose_ports(names: Iterable[str], kept: Mapping[str, int]) -> dict[str, int]:
    """Return a distinct free port for each name: the one in `kept` unless something listens there."""
    names, ports = tuple(names), dict[str, int]()
    with ExitStack() as held:  # until all are chosen: a released port could be drawn again
        for name in names:
            port = kept.get(name)
            if port and port not in ports.values() and _try_to_hold(port, held, used_before=True):
                ports[name] = port
        return {name: ports.get(name) or _draw_port(held) for name in names}


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens."""
    with ExitStack() as held:
        return _draw_port(held)


def _draw_port(held: ExitStack) -> int:
    ports = secrets.SystemRandom().sample(DRAWN, len(DRAWN))
    return next(port for port in ports if _try_to_hold(port, held))


def _try_to_hold(port: int, held: ExitStack, used_before: bool = False) -> bool:
    """Hold a port and return whether it was free; `used_before` ignores lingering earlier connections."""
    listener = held.enter_context(socket.socket())
    if used_before:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        return False
    return True
