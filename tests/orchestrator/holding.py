"""A sleeping run in the only slot of the local Vertex AI, so that all others stay pending."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from kfp import compiler, dsl

from components.shared.clients import pipeline_service_client


@dsl.component(base_image="python:3.13", install_kfp_package=False)
def sleep_long() -> None:
    import time

    time.sleep(3600)


def hold_the_only_place(parent: str) -> None:
    """Submit the sleeping run, which ends with the service."""
    job = {"pipeline_spec": compiled(), "runtime_config": {"gcs_output_directory": "gs://unused/mlops"}}
    client = pipeline_service_client("us-central1")
    client.create_pipeline_job(parent=parent, pipeline_job=job, pipeline_job_id="sleeping")


def compiled() -> Any:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sleeping.yaml"
        compiler.Compiler().compile(sleep_long, str(path))
        return yaml.safe_load(path.read_text(encoding="utf-8"))
