"""One attempt at a step or a generator, through proxies, in its own process."""

import multiprocessing
import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from localcloud.endpoints import Endpoints
from tests.faults import child
from tests.faults.calls import Calls, Trap
from tests.faults.fault import Fault
from tests.faults.grpc_proxy import grpc_proxy
from tests.faults.http_proxy import http_proxy
from tests.faults.killing import Killer

PATIENCE_SECONDS = 400.0
GRPC = ("firestore", "bigquery_storage")
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([child.__name__])


@dataclass(frozen=True)
class End:
    """How an attempt ended (done, failed, killed or hung), its failure, and the calls it made."""

    state: str
    failure: child.Failure | None
    calls: Calls

    @property
    def is_done(self) -> bool:
        """Whether the work was done."""
        return self.state == "done"


def make_attempt(
    name: str,
    work: child.Work,
    endpoints: Endpoints,
    log: Path,
    trap: Trap | None = None,
    killer: Killer | None = None,
    seconds: float = PATIENCE_SECONDS,
) -> End:
    """Do the work through its own proxies and return how it ended; kill it if it exceeds `seconds`."""
    calls, killer = Calls(name, trap), killer or Killer()
    with ExitStack() as stack:
        ports: dict[str, int] = {}
        for service in endpoints.ports:
            if service not in ports and service in ("bigquery", "storage", "dataform", "vertex", *GRPC):
                proxy = grpc_proxy if service in GRPC else http_proxy
                address = stack.enter_context(proxy(service, endpoints.address(service), calls, killer))
                ports[service] = int(address.rpartition(":")[2])
        environment = Endpoints(endpoints.project, ports).environment()
        conditions = child.Conditions(environment, str(log))
        if trap and trap.fault is Fault.TIME_OUT:
            silent = Endpoints(endpoints.project, ports).address(trap.call.service)
            conditions = replace(conditions, silent=silent)
        if trap and trap.fault in (Fault.DISK_FULL, Fault.CLOCK_JUMPS):
            conditions, calls.met = replace(conditions, machine=trap.fault), 1
        return _run(work, conditions, calls, killer, seconds)


def _run(work: child.Work, conditions: child.Conditions, calls: Calls, killer: Killer, seconds: float) -> End:
    here, there = PROCESSES.Pipe()
    process = PROCESSES.Process(target=child.attempt, args=[there, work, conditions])
    process.start()
    there.close()
    killer.pid = process.pid or 0
    here.send("go")
    try:
        if not here.poll(seconds):
            os.kill(killer.pid, signal.SIGKILL)
            return End("hung", None, calls)
        told = here.recv()
    except EOFError:
        return End("killed", None, calls)
    finally:
        process.join()
        here.close()
    return End("failed" if told else "done", told, calls)
