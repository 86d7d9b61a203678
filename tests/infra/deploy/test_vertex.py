"""Deleting what Terraform does not know, over the wire: runs and models."""

import json
import re
import time
from types import ModuleType

import pytest

from components.shared.clients import pipeline_service_client, vertex_sdk
from components.shared.names import MODEL_NAME
from components.shared.pipeline_states import ACTIVE
from infra.deploy.commands import ROOT
from infra.deploy.vertex import PIPELINES, delete_runs_and_models
from tests.orchestrator.holding import compiled

LOCATION = "us-central1"


def end_a_run(project: str, pipeline: str, run_id: str) -> None:
    """Leave a cancelled run of a pipeline."""
    client = pipeline_service_client(LOCATION)
    spec = compiled() | {"pipelineInfo": {"name": pipeline}}
    job = {"pipeline_spec": spec, "runtime_config": {"gcs_output_directory": "gs://unused/mlops"}}
    name = client.create_pipeline_job(
        parent=f"projects/{project}/locations/{LOCATION}", pipeline_job=job, pipeline_job_id=run_id
    ).name
    client.cancel_pipeline_job(name=name)
    deadline = time.monotonic() + 60
    while client.get_pipeline_job(name=name).state.name in ACTIVE:
        assert time.monotonic() < deadline, "the run was not cancelled in 60 s"
        time.sleep(0.1)


def runs(project: str) -> set[str]:
    parent = f"projects/{project}/locations/{LOCATION}"
    listed = pipeline_service_client(LOCATION).list_pipeline_jobs(parent=parent)
    return {job.name.rpartition("/")[2] for job in listed}


def models(sdk: ModuleType) -> set[str]:
    return {model.name for model in sdk.Model.list()}


@pytest.fixture
def sdk(project) -> ModuleType:
    return vertex_sdk(project, LOCATION)


def upload(sdk: ModuleType, name: str, **more: str) -> None:
    sdk.Model.upload(display_name=name, artifact_uri="gs://b/m", serving_container_image_uri="i", **more)


def test_the_runs_and_models_of_the_platform_are_deleted_and_no_others(project, sdk):
    end_a_run(project, "customer-churn", "customer-churn-20260131")
    end_a_run(project, "smoke-rerun", "smoke-1")
    end_a_run(project, "prices", "prices-1")
    upload(sdk, MODEL_NAME, model_id="customer-churn-90-days")
    upload(sdk, MODEL_NAME, parent_model="customer-churn-90-days")
    upload(sdk, "Prices", model_id="prices")

    told = delete_runs_and_models(project, LOCATION, dry_run=True)
    assert told == "would delete 2 runs and 1 models of Vertex AI"
    assert len(runs(project)) == 3
    assert delete_runs_and_models(project, LOCATION, dry_run=False) == told.replace("would delete", "deleted")
    assert runs(project) == {"prices-1"}
    assert models(sdk) == {"prices"}


def test_every_pipeline_of_the_platform_is_known():
    text = (ROOT / "compiled/customer_churn_pipeline.json").read_text(encoding="utf-8")
    submitted = re.findall(
        r'submit\(\s*"([\w-]+)"', (ROOT / "pipelines/smoke.py").read_text(encoding="utf-8")
    )
    assert {json.loads(text)["pipelineInfo"]["name"], *submitted} == {*PIPELINES}
