"""A small project in another folder, with only the libraries and a copy of localcloud/."""

import json
import os
import shutil
import subprocess
import sysconfig
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[2]
LOCALCLOUD = ROOT / "localcloud"
OURS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["packages"]
SETTINGS = """
project = "little-shop"
provision = ["{python}", "provision.py", "{project}-bucket"]

[console]
title = "The little shop"
icon = "shop.svg"
"""
ICON = '<svg xmlns="http://www.w3.org/2000/svg"/>'
PROVISION = """
import sys
from google.cloud import storage

storage.Client().create_bucket(sys.argv[1])
print("made", sys.argv[1])
"""
SHOP = """
import importlib.util, json, os, sys, time, urllib.request
from google.cloud import aiplatform_v1, bigquery, firestore, storage
from google.cloud.aiplatform_v1.services.pipeline_service.transports import rest
from google.protobuf import json_format
from kfp import dsl

told = {"importable": [name for name in sys.argv[1:] if importlib.util.find_spec(name)]}

with bigquery.Client() as client:
    told["project"] = client.project
    client.create_dataset("shop")
    rows = "SELECT 'a' AS customer, 2 AS amount UNION ALL SELECT 'a', 40"
    client.query_and_wait(f"CREATE TABLE shop.orders AS {rows}")
    [row] = client.query_and_wait("SELECT customer, SUM(amount) AS amount FROM shop.orders GROUP BY customer")
    told["bigquery"] = [row.customer, row.amount]

bucket = storage.Client().bucket("little-shop-bucket")
bucket.blob("a/b.txt").upload_from_string("an object")
told["storage"] = [[blob.name, blob.download_as_text()] for blob in bucket.list_blobs()]

orders = firestore.Client().collection("orders")
orders.document("1").set({"amount": 2})
orders.document("2").set({"amount": 40})
large = orders.where(filter=firestore.FieldFilter("amount", ">", 2))
told["firestore"] = [[found.id, found.to_dict()] for found in large.stream()]


@dsl.component(base_image="none", install_kfp_package=False)
def add(a: int, b: int) -> int:
    return a + b


@dsl.pipeline(name="adding")
def adding(a: int) -> int:
    return add(a=add(a=a, b=2).output, b=38).output


host = os.environ["VERTEX_EMULATOR_HOST"]
transport = rest.PipelineServiceRestTransport(host=host, url_scheme="http")
client = aiplatform_v1.PipelineServiceClient(transport=transport)
job = aiplatform_v1.PipelineJob()
spec = {"pipelineSpec": json_format.MessageToDict(adding.pipeline_spec)}
runtime = {"gcsOutputDirectory": "gs://little-shop-bucket/runs", "parameterValues": {"a": 2}}
json_format.ParseDict({**spec, "runtimeConfig": runtime}, aiplatform_v1.PipelineJob.pb(job))
parent = "projects/little-shop/locations/europe-west1"
name = client.create_pipeline_job(parent=parent, pipeline_job=job, pipeline_job_id="adding-1").name
deadline = time.monotonic() + 120
going = ("PIPELINE_STATE_PENDING", "PIPELINE_STATE_RUNNING")
while (job := client.get_pipeline_job(name=name)).state.name in going:
    assert time.monotonic() < deadline
    time.sleep(0.1)
told["vertex"] = [job.state.name, [task.state.name for task in job.job_detail.task_details]]
outputs = [dict(task.execution.metadata or {}) for task in job.job_detail.task_details]
told["sums"] = sorted(output["output:Output"] for output in outputs if "output:Output" in output)

pages = [f"http://{host}/", f"http://{host}/runs/adding-1", f"http://{host}/static/icon.svg"]
told["pages"] = [urllib.request.urlopen(page).read().decode() for page in pages]
print(json.dumps(told))
"""

FILES = {"localcloud.toml": SETTINGS, "provision.py": PROVISION, "shop.py": SHOP, "shop.svg": ICON}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the libraries of this one and a copy of localcloud/, but without this project.

    Python reads no .pth files in a path that a .pth file adds, so not the one that leads to this folder.
    """
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder, symlinks=True)
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    left_out = shutil.ignore_patterns("node_modules", "__pycache__")
    copy = Path(shutil.copytree(LOCALCLOUD, packages / "localcloud", ignore=left_out))
    compiler = Path("dataform", "compiler", "node_modules")
    (copy / compiler).symlink_to(LOCALCLOUD / compiler)
    return folder / "bin" / "python"


class Shop:
    """The little project, and the command line of its cloud."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder, self.python = folder, python
        ours = ("LOCALCLOUD_", "WINTER_DAYS_", "COVERAGE_", "PYTHON")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(ours) and not name.endswith(("_EMULATOR_HOST", "_URL"))
        }
        for file, text in FILES.items():
            (folder / file).write_text(text, encoding="utf-8")

    def localcloud(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.python), "-m", "localcloud", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, python: Path
) -> Iterator[tuple[Shop, str, dict[str, Any]]]:
    """The shop with its cloud up, what `up` said, and what the shop's program found there."""
    shop = Shop(tmp_path_factory.mktemp("shop"), python)
    up = shop.localcloud("up")
    try:
        ours = [name for name in OURS if name != "localcloud"]
        ran = shop.localcloud("run", "--", str(python), "shop.py", *ours)
        yield shop, up.stderr, json.loads(ran.stdout.splitlines()[-1])
    finally:
        shop.localcloud("down")


def test_nothing_of_this_project_is_importable(shop):
    _, _, told = shop
    assert told["importable"] == []


def test_google_s_clients_write_and_read(shop):
    _, said, told = shop
    assert "made little-shop-bucket" in said
    assert told["project"] == "little-shop"
    assert told["bigquery"] == ["a", 42]
    assert told["storage"] == [["a/b.txt", "an object"]]
    assert told["firestore"] == [["2", {"amount": 40}]]


def test_a_pipeline_runs_and_the_console_has_the_project_s_title(shop):
    _, _, told = shop
    assert told["vertex"] == ["PIPELINE_STATE_SUCCEEDED", ["SUCCEEDED", "SUCCEEDED"]]
    assert told["sums"] == [4, 42]
    runs, run, icon = told["pages"]
    assert icon == ICON
    assert "<title>Runs · The little shop</title>" in runs
    assert "<title>adding-1 · The little shop</title>" in run
    for page in (runs, run):
        assert "Winter" not in page
        assert "As of" not in page
        assert "<button>Cancel" not in page
    assert "Start a run" not in runs


def test_its_state_lies_in_its_own_folder(shop):
    project, _, _ = shop
    assert {path.name for path in project.folder.iterdir()} == {".localcloud", *FILES}
    assert project.localcloud("status").stdout.count("healthy") == 5
