"""A local cloud for each file of end-to-end tests, and the batch as a user starts it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcloud.endpoints import Endpoints
from tests.cloud import led_to, uncounted

type Batch = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def endpoints(state_dir: Path) -> Iterator[Endpoints]:
    """Keep the services that generated sales need running, as a user does; the batch leaves them up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LOCALCLOUD_BIGQUERY_THREADS")
        with uncounted(state_dir) as endpoints:
            yield endpoints


@pytest.fixture(scope="module")
def cloud(endpoints: Endpoints) -> Iterator[None]:
    """Point all clients at those services."""
    with led_to(endpoints):
        yield


@pytest.fixture(scope="module")
def batch(state_dir: Path) -> Batch:
    """Return a function that runs the batch with its arguments and asserts the given exit code."""

    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "laptop.batch", "--state-dir", str(state_dir), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run
