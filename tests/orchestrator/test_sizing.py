"""What is submitted follows the counts of the newest successful day, unless set otherwise."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.cloud.aiplatform_v1 import PipelineJob
from google.protobuf import json_format
from kfp import compiler, dsl

from components.shared.clients import pipeline_service_client, storage_client
from components.shared.run_record import record_name
from orchestrator.run_requests import RunRequest
from orchestrator.runs import Backend
from orchestrator.settings import Settings, SettingsError
from orchestrator.submit import submit
from tests.cloud import led_to, uncounted
from tests.orchestrator.conftest import PARENT, PROJECT

BUCKET = "winter-days-sizing"
VARIABLES = {"WINTER_DAYS_PROJECT": PROJECT, "WINTER_DAYS_BUCKET": BUCKET}
DAY = date(2026, 3, 3)
COUNTS = {date(2026, 3, 1): (100_000, 300), date(2026, 3, 2): (200_000, 9_000_000), date(2020, 1, 1): (1, 1)}


@dsl.component(base_image="python:3.13", install_kfp_package=False)
def end() -> None: ...


@dsl.pipeline(name="customer-churn")
def ended() -> None:
    end()


@pytest.fixture(scope="module")
def own_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A separate cloud in which nothing has run yet."""
    folder = tmp_path_factory.mktemp("sizing")
    with uncounted(folder, ("storage", "vertex")) as endpoints, led_to(endpoints):
        storage_client(PROJECT).create_bucket(BUCKET)
        yield


def sent(job: PipelineJob) -> dict[str, Any]:
    return json_format.MessageToDict(PipelineJob.pb(job))


def submitted(parameters: dict[str, Any] | None = None, **variables: str) -> dict[str, Any]:
    """Trigger a run, cancel it at once, and return the job as Vertex AI has it."""
    backend = Backend.connect(Settings.from_environment(VARIABLES | variables))
    run = submit(backend, RunRequest(DAY, datetime.now(UTC), "by-hand", parameters or {}, rerun=True))
    backend.cancel(run.id)
    while not (job := backend.get(run.id)).end_time:
        time.sleep(0.05)
    return sent(job)


def machine(job: dict[str, Any], step: str) -> tuple[str, str]:
    executors = job["pipelineSpec"]["deploymentSpec"]["executors"]
    resources = executors[f"exec-{step}"]["container"]["resources"]
    return resources["resourceCpuLimit"], resources["resourceMemoryLimit"]


def succeed(folder: Path, day: date, training_rows: int, scoring_rows: int) -> None:
    """Create a successful run of a day, with the record of its features."""
    run_id, client = f"customer-churn-{day:%Y%m%d}", pipeline_service_client("us-central1")
    compiler.Compiler().compile(ended, str(path := folder / "ended.yaml"))
    job = PipelineJob(
        pipeline_spec=yaml.safe_load(path.read_text(encoding="utf-8")),
        labels={"as_of": day.isoformat()},
        runtime_config={"gcs_output_directory": f"gs://{BUCKET}/mlops"},
    )
    made = client.create_pipeline_job(parent=PARENT, pipeline_job=job, pipeline_job_id=run_id)
    record = {"step": "extract_features", "state": "SUCCEEDED"}
    record |= {"counts": {"training_rows": training_rows, "scoring_rows": scoring_rows}}
    blob = storage_client(PROJECT).bucket(BUCKET).blob(record_name(run_id, "extract_features"))
    blob.upload_from_string(json.dumps(record))
    while not (found := client.get_pipeline_job(name=made.name)).end_time:
        time.sleep(0.05)
    assert found.state.name == "PIPELINE_STATE_SUCCEEDED"


def test_the_first_run_has_the_pipelines_machines_and_the_next_follows_the_newest_counts(
    own_cloud: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = submitted()
    assert machine(first, "train-churn-model") == ("4", "16G")
    assert "exec-score-shard" not in first["pipelineSpec"]["deploymentSpec"]["executors"]
    assert "scoring_shards" not in first["runtimeConfig"]["parameterValues"]
    assert "sized_by" not in first["labels"]

    for day, rows in COUNTS.items():
        succeed(tmp_path, day, *rows)
    with caplog.at_level("INFO", "orchestrator.submit"):
        second = submitted()
    assert machine(second, "train-churn-model") == ("4", "16G")
    assert second["runtimeConfig"]["parameterValues"]["scoring_shards"] == 3
    assert second["labels"]["sized_by"] == "customer-churn-20260302"
    assert "exec-score-shard" in second["pipelineSpec"]["deploymentSpec"]["executors"]
    assert "customer-churn-20260302: train_churn_model=4/16GB scoring_shards=3" in caplog.text

    by_hand = '{"train_churn_model": {"cpu": 16, "memory_gb": 64}}'
    third = submitted({"scoring_shards": 2}, WINTER_DAYS_MACHINES=by_hand)
    assert machine(third, "train-churn-model") == ("16", "64G")
    assert third["runtimeConfig"]["parameterValues"]["scoring_shards"] == 2

    fourth = submitted(WINTER_DAYS_MOST_SHARDS="1")
    assert fourth["runtimeConfig"]["parameterValues"]["scoring_shards"] == 1
    assert "exec-score-shard" not in fourth["pipelineSpec"]["deploymentSpec"]["executors"]


def test_a_run_whose_records_are_gone_sizes_nothing(own_cloud: None, tmp_path: Path) -> None:
    succeed(tmp_path, date(2026, 3, 4), 1, 1)
    run_id = "customer-churn-20260304"
    storage_client(PROJECT).bucket(BUCKET).blob(record_name(run_id, "extract_features")).delete()
    job = submitted()
    assert machine(job, "train-churn-model") == ("4", "16G")
    assert job["labels"]["sized_by"] == run_id


def test_a_machine_for_an_unknown_step_is_refused(own_cloud: None) -> None:
    machines = '{"train": {"cpu": 16, "memory_gb": 64}}'
    settings = Settings.from_environment({**VARIABLES, "WINTER_DAYS_MACHINES": machines})
    with pytest.raises(SettingsError, match=r"^WINTER_DAYS_MACHINES: train is not a step: export_sales, "):
        Backend.connect(settings)
    with pytest.raises(SettingsError, match=r"^WINTER_DAYS_MACHINES: "):
        Settings.from_environment({**VARIABLES, "WINTER_DAYS_MACHINES": '{"train_churn_model": {"cpu": 0}}'})
