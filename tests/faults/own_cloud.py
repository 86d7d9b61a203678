"""A cloud of the faults' own, whose services may be killed and started again, as `make up` does it."""

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
    """The cloud of a folder."""

    folder: Path

    @property
    def endpoints(self) -> Endpoints:
        """Where its services listen; a service that is started again has its port again."""
        return State.read(self.folder).endpoints

    def command(self, name: str) -> None:
        """Run `python -m localcloud NAME`."""
        words = [name, "--state-dir", str(self.folder), "--settings", str(SETTINGS)]
        subprocess.run([sys.executable, "-m", "localcloud", *words], check=True, stdout=subprocess.DEVNULL)

    def kill(self, service: str) -> None:
        """Kill a service as `kill -9` does, and wait until its supervisor has seen it."""
        for process in psutil.Process(State.read(self.folder).services[service]).children(recursive=True):
            process.kill()
        deadline = time.monotonic() + TOLD_SECONDS
        while service not in State.read(self.folder).exits:
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody has noticed that {service} was killed")
            time.sleep(0.05)

    def revive(self) -> None:
        """Start again what has ended."""
        self.command("up")


@contextmanager
def own_cloud(folder: Path) -> Iterator[OwnCloud]:
    """Have a cloud as long as the block takes."""
    cloud = OwnCloud(folder)
    cloud.command("up")
    try:
        yield cloud
    finally:
        cloud.command("down")
