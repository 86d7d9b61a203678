"""Sleeping runs: one in the only slot of a local Vertex AI for all its life, or one for a while."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from kfp import compiler, dsl

from components.shared.clients import pipeline_service_client
from erase.runs import ACTIVE


@dsl.component(base_image="python:3.13", install_kfp_package=False)
def sleep_long() -> None:
    import time

    time.sleep(3600)


def hold_the_only_place(parent: str) -> None:
    """Submit the sleeping run, which ends with the service."""
    submit(parent, "sleeping")


@contextmanager
def active_run(parent: str, run_id: str) -> Iterator[None]:
    """A sleeping run that is cancelled, and has ended, afterwards."""
    client, name = pipeline_service_client("us-central1"), submit(parent, run_id)
    try:
        yield
    finally:
        client.cancel_pipeline_job(name=name)
        deadline = time.monotonic() + 60
        while client.get_pipeline_job(name=name).state.name in ACTIVE:
            assert time.monotonic() < deadline, "the run was not cancelled in 60 s"
            time.sleep(0.1)


def submit(parent: str, run_id: str) -> str:
    """Submit a sleeping run and return its name."""
    job = {"pipeline_spec": compiled(), "runtime_config": {"gcs_output_directory": "gs://unused/mlops"}}
    client = pipeline_service_client("us-central1")
    return client.create_pipeline_job(parent=parent, pipeline_job=job, pipeline_job_id=run_id).name


def compiled() -> Any:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sleeping.yaml"
        compiler.Compiler().compile(sleep_long, str(path))
        return yaml.safe_load(path.read_text(encoding="utf-8"))
