"""What kill -9 ends: the process of the attempt, or a service of the cloud."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.fault import Fault


@dataclass
class Killer:
    """Knows the attempt's process once it runs, and how a service is killed."""

    pid: int = 0
    kill_service: Callable[[], None] = field(default=lambda: None)

    def kill(self, fault: Fault) -> None:
        """Kill what the fault says."""
        if fault is Fault.SERVICE_KILLED:
            self.kill_service()
        else:
            os.kill(self.pid, signal.SIGKILL)
