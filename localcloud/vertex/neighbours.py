"""Which of the services that a run needs have ended: Google's clients would go on asking for ten minutes."""

import socket
from collections.abc import Mapping
from contextlib import closing

from localcloud.endpoints import HOST, VARIABLES

SECONDS = 1.0


def ended(environment: Mapping[str, str]) -> list[str]:
    """Return name and address of each service of this machine in the environment that nobody listens for."""
    named = {name: environment.get(variable, "") for name, (variable, _) in VARIABLES.items()}
    addresses = {name: address.removeprefix("http://") for name, address in named.items()}
    return [f"{name} at {address}" for name, address in addresses.items() if _is_refused(address)]


def _is_refused(address: str) -> bool:
    """Tell whether a connection is refused; a busy service lets one wait, and is none that has ended."""
    host, _, port = address.partition(":")
    if host != HOST:
        return False
    with closing(socket.socket()) as connection:
        connection.settimeout(SECONDS)
        try:
            connection.connect((host, int(port)))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False
