"""The reference that is generated from the code: commands, settings, the orchestrator's API."""

import json
import re

import pytest

from generate import api_page, commands_page, settings_page
from generate.commands_page import PROGRAMS, without_usage
from orchestrator.run_requests import RESERVED
from pipelines.specification import COMPILED

ROOT = commands_page.ROOT
COMMANDS = commands_page.PAGE.read_text(encoding="utf-8")
SETTINGS = settings_page.PAGE.read_text(encoding="utf-8")
API = api_page.PAGE.read_text(encoding="utf-8")


def test_every_program_has_its_commands_on_the_page() -> None:
    found = {path.parent.relative_to(ROOT) for path in ROOT.glob("[a-z]*/**/__main__.py")}
    programs = {".".join(folder.parts) for folder in found if folder.parts[0] != "tests"}
    assert {"sql", "infra.deploy", "localcloud.bigquery"} < programs
    named = {name.partition(":")[0] for names in PROGRAMS.values() for name in names}
    assert programs <= named


def test_the_help_of_a_program_is_shown_without_its_usage() -> None:
    text = "usage: python -m a [-h]\n                   [--long]\n\nDo it.\n\noptions:\n  -h, --help  x\n"
    assert without_usage(text) == "Do it.\n\noptions:\n  -h, --help  x"


def test_a_help_fits_a_terminal_and_has_an_example() -> None:
    blocks = dict(
        re.findall(r"^### python -m ([^\n]*)\n\n```text\n(.*?)^```", COMMANDS, re.MULTILINE | re.DOTALL)
    )
    assert set(blocks) == {name.replace(":", " ") for names in PROGRAMS.values() for name in names}
    wide = [
        f"{name}: {line}" for name, text in blocks.items() for line in text.splitlines() if len(line) > 80
    ]
    assert wide == []
    programs = {name: text for name, text in blocks.items() if " " not in name}
    lacking = [name for name, text in programs.items() if not re.search(r"^examples?:$", text, re.MULTILINE)]
    assert lacking == []
    assert all(f"-m {name}" in text or "make " in text for name, text in programs.items())


def test_a_program_that_fails_stops_the_page() -> None:
    with pytest.raises(RuntimeError, match="no_such_program"):
        commands_page.helps("no_such_program")


def test_every_setting_is_on_the_page_once() -> None:
    parameters = json.loads(COMPILED.read_text())["root"]["inputDefinitions"]["parameters"]
    variables = re.findall(r'^variable "(\w+)"', (ROOT / "infra/variables.tf").read_text(), re.MULTILINE)
    sections = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", SETTINGS, re.M | re.S))
    rows = {head: re.findall(r"^\| `([\w.]+)` \|", body, re.MULTILINE) for head, body in sections.items()}
    assert rows["Parameters of the pipeline"] == sorted(parameters)
    assert [name for name in rows["Variables of Terraform"] if "." not in name] == variables
    assert "| `horizon_days` | integer | `90` |" in SETTINGS
    assert "| `WINTER_DAYS_PROJECT` | string | required |" in SETTINGS
    assert set(RESERVED) < set(rows["Parameters of the pipeline"])


def test_a_parameter_without_a_meaning_stops_the_page() -> None:
    one = {"root": {"inputDefinitions": {"parameters": {"new": {"parameterType": "STRING"}}}}}
    with pytest.raises(ValueError, match="does not say what new is"):
        list(settings_page.parameters(one))


def test_a_variable_of_terraform_has_its_attributes_below_it() -> None:
    text = """variable "names" {
  description = "The names, such as a|b"
  type = object({
    first  = optional(string, "one")
    second = optional(string, "two") # the other
  })
  default = {}
}

variable "paused" {
  description = "Stop it."
  type        = bool # a remark
}
"""
    assert list(settings_page.terraform(text)) == [
        ("names", "object", "`{}`", "The names, such as a|b."),
        ("names.first", "", '`"one"`', ""),
        ("names.second", "", '`"two"`', "The other."),
        ("paused", "boolean", "required", "Stop it."),
    ]


def test_the_api_has_every_path_and_each_type_leads_to_its_fields() -> None:
    code = (ROOT / "orchestrator/server.py").read_text(encoding="utf-8")
    paths = {f"{method.upper()} {path}" for method, path in re.findall(r'@app\.(get|post)\("(.*?)"', code)}
    assert set(re.findall(r"^## ((?:GET|POST) .*)$", API, re.MULTILINE)) == paths
    places = {name.lower() for name in re.findall(r"^### (\w+)$", API, re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", API)) <= places
    assert "| `dry_run` | boolean | `false` | Check and respond, but submit nothing. |" in API
    assert "| `from` | date, YYYY-MM-DD | required |" in API
