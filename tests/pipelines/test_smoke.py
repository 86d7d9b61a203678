"""The smoke test: each question has a task, a check that says what it proves, and a place to change."""

import json
import os
import re
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.api_core.exceptions import PermissionDenied

from components.shared.clients import storage_client
from components.shared.names import DATASETS, REPOSITORY, WORKSPACE
from components.smoke.step import (
    CHECKS,
    SHARDS,
    UnprovedError,
    begin_once,
    fail_twice,
    leave_part,
    record_name,
    run,
)
from infra.deploy import doctor
from laptop.provision import make_ready
from pipelines import smoke
from pipelines.smoke import AT_ONCE, FAILURES, IN_SHARDS, RERUN, TO_CHANGE, _print_result, compiled

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(cloud: Any, tmp_path: Path) -> dict[str, Any]:
    bucket = f"smoke-{uuid.uuid4().hex[:8]}"
    storage_client(cloud.project).create_bucket(bucket)
    return {
        "project": cloud.project,
        "location": "us-central1",
        "bucket": bucket,
        "run_id": "r",
        "repository": REPOSITORY,
        "workspace": WORKSPACE,
        "service_account": "",
        "keys_dataset": DATASETS["keys"],
        "mounted": SimpleNamespace(path=str(tmp_path / "mounted" / "file")),
    }


def answer(place: dict[str, Any], question: str) -> dict[str, Any]:
    blob = storage_client(place["project"]).bucket(place["bucket"]).blob(record_name("r", question))
    return json.loads(blob.download_as_text())


def test_every_question_has_a_task_a_place_to_change_and_a_line_in_the_page() -> None:
    executors = compiled("smoke", AT_ONCE, "an/image")["deploymentSpec"]["executors"]
    assert {one["container"]["image"] for one in executors.values()} == {"an/image"}
    tasks = compiled("smoke", AT_ONCE, "an/image")["root"]["dag"]["tasks"]
    asked = [task["inputs"]["parameters"]["question"]["runtimeValue"]["constant"] for task in tasks.values()]
    assert sorted([*asked, IN_SHARDS, RERUN, "signal"]) == sorted(CHECKS) == sorted(TO_CHANGE)
    for place in TO_CHANGE.values():
        assert (ROOT / place.partition(":")[0]).is_file()
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    assert re.findall(r"^   \| `([a-z-]+)` \|", page, re.M) == list(CHECKS)


def test_a_question_is_proved_or_stays_with_its_reason(
    place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for question in ("mounted-bucket", "create-once"):
        run(question=question, **place)
        assert answer(place, question) == {"proved": True, "detail": ""}
    run(question="key-refused", **place | {"keys_dataset": "no_such_dataset"})
    stays = answer(place, "key-refused")
    assert (stays["proved"], "no_such_dataset" in stays["detail"]) == (False, True)


def test_parallel_tasks_are_proved_by_the_parts_of_all_shards(place: dict[str, Any]) -> None:
    for shard in range(SHARDS):
        run(question=IN_SHARDS, **place)
        assert answer(place, IN_SHARDS)["detail"].endswith(f"{list(range(shard, SHARDS))}")
        leave_part(place["project"], place["bucket"], "r", shard)
    run(question=IN_SHARDS, **place)
    assert answer(place, IN_SHARDS) == {"proved": True, "detail": ""}


def test_a_rerun_is_proved_if_a_finished_step_ran_once(place: dict[str, Any]) -> None:
    begin_once(place["project"], place["bucket"], "r")
    for _ in range(FAILURES):
        with pytest.raises(UnprovedError, match="on purpose"):
            fail_twice(place["project"], place["bucket"], "r")
    fail_twice(place["project"], place["bucket"], "r")
    run(question=RERUN, **place)
    assert answer(place, RERUN) == {"proved": True, "detail": ""}
    begin_once(place["project"], place["bucket"], "r")
    run(question=RERUN, **place)
    assert answer(place, RERUN)["detail"] == "UnprovedError: a step that had finished was done again"


@pytest.mark.parametrize(
    ("gcloud", "detail"),
    [
        ("echo '[{}]'", ""),
        ("echo '[]'", "after 0 s no entry is found by "),
        ("echo 'no right to look' >&2; exit 1", "gcloud logging read: no right to look"),
    ],
)
def test_a_line_is_looked_for_in_the_log_as_the_alerts_do(
    place: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gcloud: str, detail: str
) -> None:
    program = tmp_path / "bin/gcloud"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s" "$3" > {tmp_path}/filter\n{gcloud}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(smoke, "LOG_SECONDS", 0)
    monkeypatch.setattr(smoke, "LOG_POLL_SECONDS", 0.01)
    run(question="log-line", **place)
    lake = storage_client(place["project"]).bucket(place["bucket"])
    asked = smoke.Smoke(SimpleNamespace(project=place["project"]), lake, "r")
    assert asked.answer("log-line") == {
        "proved": True,
        "detail": "",
    }  # with the stand-ins, it is enough that it was printed
    monkeypatch.setattr(smoke, "_is_local", lambda: False)
    answer = asked.answer("log-line")
    assert answer["proved"] == (not detail)
    assert answer["detail"].startswith(detail)
    [alerts] = re.findall(r'"(resource.type=.*textPayload.*)"', (ROOT / "infra/alerts.tf").read_text())
    as_written = alerts.replace("${line}", "winter-days step=smoke run=r").replace(r"\"", '"')
    assert (tmp_path / "filter").read_text() == as_written


def test_the_table_says_what_to_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert _print_result("mounted-bucket", {"proved": False, "detail": "PermissionError: /gcs"})
    told = capsys.readouterr().out
    assert told.startswith("FAILED  mounted-bucket")
    assert "PermissionError: /gcs\n        change components/Dockerfile: STEP_USER=0" in told
    assert not _print_result("mounted-bucket", {"proved": True, "detail": ""})


REFUSED = (
    "Service account `winter-days-vertex-ai-sa@p.iam.gserviceaccount.com` does not have "
    "[storage.objects.get, storage.objects.create] IAM permission(s) to the bucket `p-lake-raw`."
)


def test_a_refused_pipeline_root_names_the_line_to_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(options: Any) -> int:
        raise PermissionDenied(REFUSED)

    monkeypatch.setattr(smoke, "smoke", refuse)
    assert smoke.main(["--project", "p"]) == 1
    assert 'add ["vertex", "roles/storage.objectViewer"]' in capsys.readouterr().out


def test_the_errors_of_runs_and_tasks_are_looked_through_for_what_to_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    task = SimpleNamespace(error=SimpleNamespace(message=REFUSED))
    ended = SimpleNamespace(
        error=SimpleNamespace(message=""), job_detail=SimpleNamespace(task_details=[task])
    )
    client = SimpleNamespace(get_pipeline_job=lambda **_: ended)
    monkeypatch.setattr(smoke, "pipeline_service_client", lambda _: client)
    errors = smoke.Smoke(SimpleNamespace(location="l"), None, "r").errors(SimpleNamespace(name="a-run"))
    smoke._print_advice([*errors, REFUSED])
    told = capsys.readouterr().out
    assert told.startswith(f"refused {REFUSED}\n        change infra/iam.tf: ")
    assert told.count("refused") == 1
    smoke._print_advice(["The following quota metrics exceed quota limits: custom_model_training_cpus"])
    assert "change the quota aiplatform.googleapis.com/custom_model_training_cpus: 10 tasks" in (
        capsys.readouterr().out
    )
    smoke._print_advice(["UnprovedError: on purpose", ""])
    assert capsys.readouterr().out == ""


def test_a_doctor_knows_the_processors_of_all_tasks() -> None:
    assert doctor.SMOKE_CPUS == smoke.TASKS * 4


def test_the_whole_smoke_test_passes_on_the_stand_ins(cloud: Any, capsys: pytest.CaptureFixture[str]) -> None:
    project, bucket = "smoke-whole", f"smoke-{uuid.uuid4().hex[:8]}"
    make_ready(project, bucket)
    assert smoke.main(["--project", project, "--bucket", bucket]) == 0
    told = re.findall(r"^(proved|open|FAILED) +(\S+)", capsys.readouterr().out, re.M)
    beyond = dict.fromkeys(smoke.UNKNOWN_TO_STAND_INS, "open")
    assert {question: answer for answer, question in told} == dict.fromkeys(CHECKS, "proved") | beyond
