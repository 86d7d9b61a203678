"""Detect that services a run needs have ended: Google's clients would keep retrying for ten minutes."""

import os
import socket
from collections.abc import Mapping
from contextlib import closing

from localcloud.endpoints import HOST, variable
from localcloud.settings import STATE_VARIABLE, Settings

SECONDS = 1.0


class Neighbours:
    """The services of a project's cloud, found by the environment variables that point to them."""

    def __init__(self, settings: Settings, environment: Mapping[str, str] = os.environ) -> None:
        self._settings = settings
        self._environment = environment

    def find_ended(self) -> list[str]:
        """Return name and address of each service on this machine whose address refuses connections."""
        named = {name: self._environment.get(variable(name), "") for name in self._settings.ports}
        addresses = {name: address.removeprefix("http://") for name, address in named.items()}
        return [f"{name} at {address}" for name, address in addresses.items() if _is_refused(address)]

    def describe(self, ended: list[str]) -> str:
        """Return the error message of a run that cannot go on, with what to do."""
        state = self._environment.get(STATE_VARIABLE, self._settings.state)
        status, up = (self._settings.advice(command, state) for command in ("status", "up"))
        return f"not running: {', '.join(ended)}; `{status}` shows details, `{up}` restarts"


def _is_refused(address: str) -> bool:
    """Return whether a connection is refused; a busy service, which lets it wait, has not ended."""
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
