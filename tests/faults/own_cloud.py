"""A local cloud for the faults alone, whose services may be killed and then restarted as `make up` does."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from localcloud.endpoints import Endpoints
from localcloud.state import State

SETTINGS = Path(__file__).with_name("cloud.toml")
TOLD_SECONDS = 60.0


@dataclass(frozen=True)
class OwnCloud:
    """The local cloud whose state is in a folder."""

    folder: Path

    @property
    def endpoints(self) -> Endpoints:
        """Where its services listen; a restarted service keeps its port."""
        return State.read(self.folder).endpoints

    def command(self, name: str) -> None:
        """Run `python -m localcloud NAME`."""
        words = [name, "--state-dir", str(self.folder), "--settings", str(SETTINGS)]
        subprocess.run([sys.executable, "-m", "localcloud", *words], check=True, stdout=subprocess.DEVNULL)

    def kill(self, service: str) -> None:
        """Kill a service as `kill -9` does, and wait until its supervisor has noticed."""
        for process in psutil.Process(State.read(self.folder).services[service]).children(recursive=True):
            process.kill()
        deadline = time.monotonic() + TOLD_SECONDS
        while service not in State.read(self.folder).exits:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the supervisor did not notice that {service} was killed")
            time.sleep(0.05)

    def revive(self) -> None:
        """Restart the services that have ended."""
        self.command("up")


@contextmanager
def own_cloud(folder: Path) -> Iterator[OwnCloud]:
    """Run a local cloud for the duration of the block."""
    cloud = OwnCloud(folder)
    cloud.command("up")
    try:
        yield cloud
    finally:
        cloud.command("down")
