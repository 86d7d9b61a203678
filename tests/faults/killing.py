"""What kill -9 ends: the process of the attempt, or a service of the cloud."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.fault import Fault


@dataclass
class Killer:
    """The attempt's process, known once it runs, and a way to kill a service."""

    pid: int = 0
    kill_service: Callable[[], None] = field(default=lambda: None)

    def kill(self, fault: Fault) -> None:
        """Kill whatever the fault is to kill."""
        if fault is Fault.SERVICE_KILLED:
            self.kill_service()
        else:
            os.kill(self.pid, signal.SIGKILL)
