"""The commands in the documentation exist."""

import re
import shlex
from pathlib import Path

import pytest

from infra.deploy.__main__ import _parser
from infra.stub.terraform import INFRA
from tests.infra.mutations import MUTATIONS

ROOT = Path(__file__).parents[2]
PAGES = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
COMMANDS = [
    line.strip()
    for text in PAGES.values()
    for block in re.findall(r"^ *```\n(.*?)^ *```", text, re.S | re.M)
    for line in block.splitlines()
]
DEPLOYING = {"deploy", "doctor", "plan", "destroy"}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def of(program):
    found = [shlex.split(line, comments=True)[1:] for line in COMMANDS if line.startswith(program)]
    assert found, f"no command of {program}"
    return found


def test_every_make_command_is_a_target():
    targets = {name for names in re.findall(r"^([\w-][\w -]*):", MAKEFILE, re.M) for name in names.split()}
    for words in of("make "):
        assert words[0] in targets
        variables = dict(word.split("=", 1) for word in words[1:])
        if words[0] not in DEPLOYING:  # tests/e2e runs the others
            assert all(f"$({name})" in MAKEFILE for name in variables), words
            continue
        assert variables.keys() <= {"ENV", "STEP", "ARGS", "DELETE_DATA"}
        step = ["--step", variables["STEP"]] if "STEP" in variables else []
        _parser().parse_args([variables["ENV"], *step, *shlex.split(variables.get("ARGS", ""))])


def test_a_deployment_accepts_the_options_of_the_page():
    for words in of(".venv/bin/python -m infra.deploy"):
        _parser().parse_args(words[2:])


def test_the_jobs_and_schedules_of_the_page_exist(dev):
    jobs = {each["name"] for each in dev.of("google_cloud_run_v2_job")}
    schedules = {each["name"] for each in dev.of("google_cloud_scheduler_job")}
    for words in of("gcloud "):
        if words[:2] == ["run", "jobs"]:
            assert words[3] in jobs
        if words[:2] == ["scheduler", "jobs"]:
            assert words[3] in schedules


def test_the_bootstrap_needs_the_variables_of_the_page():
    text = (ROOT / "infra/bootstrap/main.tf").read_text(encoding="utf-8")
    [apply] = [words for words in of("terraform ") if "apply" in words]
    given = {word.removeprefix("-var=").partition("=")[0] for word in apply if word.startswith("-var=")}
    wanted = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', text, re.S | re.M)
    assert given == {name for name, body in wanted if "default" not in body}


def test_the_outputs_of_the_page_exist(dev):
    asked = [words[-1] for words in of("terraform ") if "output" in words]
    assert set(asked) <= dev.terraform.outputs().keys()


def test_the_number_of_mutations_is_the_pages():
    assert f"in {len(MUTATIONS)} ways" in PAGES["deploy.md"]
    assert len(MUTATIONS) >= 40


def test_the_regions_are_those_of_the_page():
    text = (INFRA / "locations.tf").read_text()
    pattern = r"regions = \[(.*?)\]\s+firestore = \[(.*?)\]"
    told = re.findall(r"^\| (`[a-z]+-.*?) \| the same region,? ?(.*?) \|", PAGES["deploy.md"], re.M)
    assert [
        (re.findall(r"`([\w-]+)`", where), re.findall(r"`(\w+)`", firestore)) for where, firestore in told
    ] == [
        tuple(re.findall(r'"([\w-]+)"', part) for part in continent)
        for continent in re.findall(pattern, text, re.S)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGES[page]):
        assert (ROOT / "docs" / target).exists(), target


def test_every_checkov_waiver_has_a_reason():
    text = (ROOT / "infra/checkov.yaml").read_text(encoding="utf-8")
    waivers = re.findall(r"^  - (.*)$", text, re.M)
    assert waivers
    assert [line for line in waivers if not re.fullmatch(r"CKV_GCP_\d+ # .{12,}", line)] == []
