"""What the README says about commands and places is true."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 150


def test_every_target_is_in_the_makefile() -> None:
    named = set(re.findall(r"\bmake ([a-z][-a-z]*)", README))
    [phony] = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert named <= set(phony.split())
    assert {"run", "test", "up", "down"} <= named


def test_every_target_of_the_tutorial_is_in_the_makefile() -> None:
    tutorial = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    commands = re.findall(r"^make ([a-z]+)(.*)$", tutorial, re.MULTILINE)
    assert len(commands) >= 8
    for target, words in commands:
        assert re.search(rf"^{target}( \w+)*:", MAKEFILE, re.MULTILINE), target
        assert all(f"$({name})" in MAKEFILE for name in re.findall(r" ([A-Z_]+)=", words))


def test_make_alone_lists_every_target() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    [phony] = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    told = dict(re.findall(r"^make (\S+(?: status)?) +(\S.*)$", shown, re.MULTILINE))
    assert set(" ".join(told).split()) == set(phony.replace("\\\n", " ").split())
    assert told["clean"].startswith("Deletes all local data of STATE")


def test_every_variable_is_one_of_the_makefile() -> None:
    given = {
        name for line in re.findall(r"make [a-z]+ (.*)", README) for name in re.findall(r"\b([A-Z_]+)=", line)
    }
    assert given >= {"SALES", "COLUMNS", "AS_OF", "STATE"}
    assert all(f"$({name})" in MAKEFILE for name in given)


def test_every_place_exists() -> None:
    rows = re.findall(r"^\| ((?:`[a-z]+/`(?:, )?)+) \|", README, re.MULTILINE)
    folders = [folder for row in rows for folder in re.findall(r"`(.+?)`", row)]
    pages = re.findall(r"\]\(([^)]+)\)", README)
    assert {"pipelines/", "orchestrator/", "infra/", "docs/"} <= set(folders)
    assert all((ROOT / place).exists() for place in [*folders, *pages])
    tracked = {f"{path.name}/" for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert tracked - set(folders) <= {"winter_days.egg-info/"}


def test_every_place_of_the_recipes_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    places = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text))
    real = {place for place in places if not re.search(r"NAME|ENV|RECORD|FOLDER|TABLE|verb_noun", place)}
    assert len(real) >= 20
    assert {place for place in real if not (ROOT / place).exists()} <= {"infra/own.auto.tfvars"}
    assert all((ROOT / page).exists() for page in re.findall(r"\]\((docs/[^)]+)\)", text))
