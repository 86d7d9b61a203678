import json
import os
import shutil
import subprocess
import sys

import pytest

from components.image import IMAGE
from components.shared.names import SPECIFICATION
from infra.deploy import pipeline
from infra.deploy.commands import ROOT
from infra.deploy.errors import DeployError

pytestmark = pytest.mark.services

OTHER = "europe-west1-docker.pkg.dev/other/winter-days/batch-steps-python:0123456789ab"


def test_it_matches_a_compilation_with_the_image_named(tmp_path):
    for name in ("components", "pipelines"):
        shutil.copytree(ROOT / name, tmp_path / name)
    image = tmp_path / "components/image.py"
    image.write_text(image.read_text().replace(IMAGE, OTHER))
    compiled = tmp_path / "compiled.json"
    subprocess.run(
        [sys.executable, "-m", "pipelines.compile", "--output", compiled],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=True,
        timeout=120,
    )
    assert pipeline.specification(OTHER) == compiled.read_text()


def test_every_step_runs_in_the_image():
    specification = json.loads(pipeline.specification(OTHER))
    executors = specification["deploymentSpec"]["executors"].values()
    assert {each["container"]["image"] for each in executors} == {OTHER}


def test_a_pipeline_without_the_image_is_not_uploaded(monkeypatch):
    monkeypatch.setattr("pipelines.compile.compiled_text", lambda: "{}")
    with pytest.raises(DeployError, match="does not name"):
        pipeline.specification(OTHER)


def test_uploads_once(storage, project, capsys):
    storage.create_bucket(project)
    pipeline.upload(storage, project, OTHER, dry_run=True)
    assert storage.bucket(project).get_blob(SPECIFICATION) is None
    pipeline.upload(storage, project, OTHER, dry_run=False)
    generation = storage.bucket(project).get_blob(SPECIFICATION).generation
    pipeline.upload(storage, project, OTHER, dry_run=False)
    assert storage.bucket(project).get_blob(SPECIFICATION).generation == generation
    pipeline.upload(storage, project, f"{OTHER[:-1]}c", dry_run=False)
    assert storage.bucket(project).get_blob(SPECIFICATION).generation != generation
    told = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert told == ["would", "uploaded", f"gs://{project}/{SPECIFICATION}", "uploaded"]
