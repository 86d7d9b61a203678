"""What runs in an attempt's process: a step or a generator, called as the pipeline or a job calls it.

The clock that waits use is sped up, so that Google's clients and ours retry as often as usual, but sooner. It
is a separate process, so that kill -9 ends nothing else and every attempt creates its clients afresh.
"""

import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import requests
from kfp.dsl import ClassificationMetrics, Metrics
from requests.adapters import HTTPAdapter

from components.export_sales import step
from components.export_sales.request import ExportRequest
from generators import arguments
from tests.faults import machine
from tests.faults.fault import Fault

FASTER = 40
SHORT_SECONDS = 8.0
IMPORTED = (
    "components.export_sales.step",
    "components.run_dataform.step",
    "components.extract_features.step",
    "components.train_churn_model.step",
    "components.write_predictions.step",
    "components.watch_predictions.step",
    "components.record_run.step",
    "generators.sales",
    "generators.clickstream",
    "generators.startups",
    "google.cloud.aiplatform",
    "google.cloud.dataform_v1",
    "google.cloud.firestore_v1.services.firestore",
    "sklearn.ensemble",
)
for name in IMPORTED:
    importlib.import_module(name)


@dataclass
class Artifact:
    """The parts of a KFP artifact that a step needs."""

    path: str
    uri: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """What an attempt calls: a module's function, its arguments, and its artifacts with their metadata."""

    module: str
    function: str
    arguments: dict[str, Any]
    artifacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    folder: str = ""

    def do(self) -> None:
        """Call the function."""
        made: dict[str, Any] = {
            name: Artifact(metadata.get("path", f"{self.folder}/{name}"), metadata=metadata)
            for name, metadata in self.artifacts.items()
        }
        kinds: dict[str, Callable[[], Any]] = {"metrics": Metrics, "classification": ClassificationMetrics}
        made |= {name: kinds[name]() for name in made.keys() & kinds.keys()}
        getattr(importlib.import_module(self.module), self.function)(**self.arguments, **made)


def export(function: str, request: dict[str, Any], **more: Any) -> None:
    """Export, plan an export or export one of its shards, as the pipeline's tasks do."""
    getattr(step, function)(ExportRequest(**request), **more)


@dataclass(frozen=True)
class Conditions:
    """The conditions of an attempt: variables, log, the silent address, and the machine's fault."""

    environment: dict[str, str]
    log: str
    silent: str = ""
    machine: Fault | None = None


@dataclass(frozen=True)
class Failure:
    """The error with which an attempt ended: its type, its message, and all its base types."""

    kind: str
    message: str
    kinds: set[str]


def attempt(pipe: Connection, work: Work, conditions: Conditions) -> None:
    """Do the work; send None on success, otherwise the Failure; the traceback goes to the log."""
    with Path(conditions.log).open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.environ.update(conditions.environment)
    _hurry()
    if conditions.silent:
        _be_impatient(conditions.silent)
    Path(work.folder).mkdir(parents=True, exist_ok=True)
    if conditions.machine is Fault.DISK_FULL:
        machine.fill_disk(Path(work.folder))
    if conditions.machine is Fault.CLOCK_JUMPS:
        machine.let_clock_jump()
    pipe.recv()
    try:
        work.do()
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- judged by who has asked for it
        traceback.print_exc()
        pipe.send(Failure(type(error).__name__, str(error), {kind.__name__ for kind in type(error).__mro__}))
    else:
        pipe.send(None)
    sys.stdout.flush()
    os._exit(0)  # do not wait for the clients' threads


def _hurry() -> None:
    sleep, monotonic, start = time.sleep, time.monotonic, time.monotonic()
    time.sleep = lambda seconds: sleep(seconds / FASTER)
    time.monotonic = lambda: start + (monotonic() - start) * FASTER


def _be_impatient(address: str) -> None:
    """Shorten timeouts to host:port until the first one expires; a request without a timeout keeps none."""
    send = HTTPAdapter.send
    left = [1]

    def soon(adapter: HTTPAdapter, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        if left and more.get("timeout") and f"//{address}/" in str(request.url):
            more["timeout"] = SHORT_SECONDS
        try:
            return send(adapter, request, **more)
        except requests.Timeout:
            left.clear()
            raise

    HTTPAdapter.send = soon  # type: ignore[method-assign]


def generate(module: str, words: list[str]) -> None:
    """Run a generator as from the command line."""
    arguments.run(lambda: importlib.import_module(module).main(words))
