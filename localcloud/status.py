"""Which services of the local cloud run, where, and how much memory they use."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil
from rich.table import Table

from localcloud.services import UNREADY, Service
from localcloud.state import State


@dataclass(frozen=True)
class ServiceStatus:
    """One service: its address, process and state, and the bytes that it and its children use."""

    name: str
    address: str = ""
    pid: int | None = None
    state: str = "stopped"
    memory: int = 0


def service_statuses(state: State, services: Iterable[Service]) -> list[ServiceStatus]:
    """Return the status of each service, after sending a health check to each running one."""
    supervised = state.is_supervised()
    return [
        _status(service, state)
        if supervised and service.name in state.services
        else ServiceStatus(service.name)
        for service in services
    ]


def how_ended(name: str, state: State) -> str | None:
    """Return how a started service has ended, or None while its process is alive."""
    if (code := state.exits.get(name)) is not None:
        return f"ended with code {code}"
    with suppress(psutil.NoSuchProcess):
        if psutil.Process(state.services[name]).status() != psutil.STATUS_ZOMBIE:
            return None
    return "ended"


def table(statuses: list[ServiceStatus]) -> Table:
    """Return the statuses as a table for a terminal."""
    result = Table("service", "address", "pid", "state", "memory", box=None)
    for status in statuses:
        pid = str(status.pid or "")
        memory = f"{status.memory / 2**20:.0f} MiB" if status.memory else ""
        result.add_row(status.name, status.address, pid, status.state, memory)
    return result


def _status(service: Service, state: State) -> ServiceStatus:
    address = state.endpoints.address(service.name)
    with suppress(psutil.NoSuchProcess):
        if end := how_ended(service.name, state):
            return ServiceStatus(service.name, address, state=end)
        leash = psutil.Process(state.services[service.name])
        processes = leash.children(recursive=True)
        memory = sum(process.memory_info().rss for process in [leash, *processes])
        return ServiceStatus(
            service.name,
            address,
            processes[0].pid if processes else leash.pid,
            _health(service, state),
            memory,
        )
    return ServiceStatus(service.name, address, state="ended")


def _health(service: Service, state: State) -> str:
    try:
        service.check(state.endpoints)
    except UNREADY as error:
        return f"no answer: {error}"
    return "healthy"
