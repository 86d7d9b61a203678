"""Build the images and run a day of the batch in them, without a Docker engine: make image-check.

buildah builds them. Then the generators' image fills the local cloud, the orchestrator's submits the day's
run, and the components' image runs each of its steps, all as the user that the images name.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from google.cloud import bigquery
from rich.console import Console

from components.shared.clients import bigquery_client
from components.shared.names import DATASETS, LOCATION
from laptop.progress import TaskProgress
from laptop.provision import make_ready
from laptop.trigger import RunError, follow, trigger
from localcloud.endpoints import HOST, Endpoints
from localcloud.services import Service, services_of
from localcloud.settings import load
from localcloud.state import LocalCloudError, locked
from localcloud.supervisor import Supervisor, to_stderr
from localcloud.vertex.attempts import WRAPPER

ROOT = Path(__file__).parents[2]
IMAGES = ("components", "generators", "orchestrator")
GENERATORS = (
    ("generators.sales", "--customers=300", "--days=400"),
    ("generators.clickstream", "--customers=300", "--days=30"),
    ("generators.startups", "--days=30"),
)
PREDICTIONS = f"SELECT COUNT(*) FROM {DATASETS['warehouse']}.fact_predictions_churn WHERE as_of_date = @as_of"


def main() -> int:
    """Return 0 if the day has predictions, or if buildah is not installed."""
    parser = argparse.ArgumentParser(prog="make image-check", description=__doc__)
    parser.add_argument("--base", help="an image to build from instead of the pinned one, such as a mirror's")
    options = parser.parse_args()
    if not shutil.which("buildah"):
        print("image-check skipped: buildah is not installed")
        return 0
    try:
        with ExitStack() as stack:
            containers = {name: stack.enter_context(_container(name, options.base)) for name in IMAGES}
            folder = stack.enter_context(_shared_folder(containers["components"]))
            predictions = _run_day(containers, folder, datetime.now(UTC).date())
    except (RunError, LocalCloudError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{predictions} predictions, written by the images")
    return 0 if predictions else 1


@contextmanager
def _container(name: str, base: str | None) -> Iterator[str]:
    """Build the image of a folder, and yield a container of it."""
    began = time.monotonic()
    arguments = [f"--build-arg=BASE={base}"] if base else []
    image = _buildah("build", "--isolation=chroot", "--quiet", *arguments, f"--file={name}/Dockerfile", ".")
    container = _buildah("from", "--pull-never", image)
    print(f"{name} built in {time.monotonic() - began:.0f} s", flush=True)
    try:
        yield container
    finally:
        _buildah("rm", container)


def _run_day(containers: dict[str, str], folder: Path, as_of: date) -> int:
    """Run the batch as of a day, and return how many predictions it wrote."""
    with _cloud(containers, folder) as endpoints:
        os.environ.update(endpoints.environment())
        make_ready(endpoints.project)
        day = f"--date={as_of - timedelta(days=1)}"
        for command in GENERATORS:
            inside = _inside(containers["generators"], endpoints)
            subprocess.run([*inside, "python", "-m", *command, day], check=True)
        run = trigger(os.environ["ORCHESTRATOR_URL"], as_of, {})
        progress = TaskProgress(Console())
        with progress.show_live():
            follow(os.environ["VERTEX_EMULATOR_HOST"], run, progress.show)
        parameters = [bigquery.ScalarQueryParameter("as_of", "DATE", as_of)]
        config = bigquery.QueryJobConfig(query_parameters=parameters)
        with bigquery_client(endpoints.project, LOCATION) as client:
            [[count]] = client.query_and_wait(PREDICTIONS, job_config=config)
    return int(count)


@contextmanager
def _shared_folder(steps: str) -> Iterator[Path]:
    """Yield a folder that the image's user may write to, with a `python` that starts the image's."""
    os.umask(0)
    with tempfile.TemporaryDirectory(prefix="image-check-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        python = folder / "python"
        python.write_text('#!/bin/sh\nexec /venv/bin/python "$@"\n', encoding="utf-8")
        python.chmod(0o755)
        _buildah("copy", steps, str(python), sys.executable)  # the path with which kfp.local starts the steps
        try:
            yield folder
        finally:  # as the container's root: on this machine, another user may own what the steps wrote
            emptied = ("find", name, "-mindepth", "1", "-delete")
            _buildah(
                "run", "--isolation=chroot", "--user=0", f"--volume={name}:{name}", steps, "--", *emptied
            )


@contextmanager
def _cloud(containers: dict[str, str], folder: Path) -> Iterator[Endpoints]:
    """Run the local cloud, with its orchestrator and its steps in their containers."""
    settings = load()
    known = services_of(settings)

    def vertex(endpoints: Endpoints, data: Path) -> list[str]:
        wrapper = shlex.join(_inside(containers["components"], endpoints, f"--volume={folder}:{folder}"))
        return ["env", f"{WRAPPER}={wrapper}", *known["vertex"].command(endpoints, data)]

    def orchestrator(endpoints: Endpoints, data: Path) -> list[str]:
        command = known["orchestrator"].command(endpoints, data)
        variables = command[
            : command.index(sys.executable)
        ]  # the rest belongs to the guard, which is in no image
        serve = ["python", "-m", "orchestrator", "--host", HOST]
        port = str(endpoints.ports["orchestrator"])
        return [*_inside(containers["orchestrator"], endpoints), *variables, *serve, "--port", port]

    moved = {"vertex": vertex, "orchestrator": orchestrator}
    services: list[Service] = [
        replace(service, command=moved.get(name, service.command)) for name, service in known.items()
    ]
    with locked(folder) as lock:
        supervisor = Supervisor(folder, lock, settings, services)
        try:
            supervisor.start(to_stderr)
            yield supervisor.endpoints
        finally:
            supervisor.stop()


def _inside(container: str, endpoints: Endpoints, *options: str) -> list[str]:
    """Return the prefix that runs a command in a container as the image's user."""
    variables = [f"--env={name}={value}" for name, value in endpoints.environment().items()]
    return ["buildah", "run", "--isolation=chroot", *variables, *options, container, "--"]


def _buildah(*arguments: str) -> str:
    done = subprocess.run(["buildah", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
