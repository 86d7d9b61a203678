"""docs/local-cloud.md agrees with the code."""

import re
from pathlib import Path

from localcloud.settings import load
from orchestrator.__main__ import SILENCE_SECONDS
from orchestrator.server import MOST_BYTES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "local-cloud.md").read_text(encoding="utf-8")


def test_the_page_has_the_limits_of_the_code():
    assert f"bodies of {MOST_BYTES // 2**10} KiB" in PAGE
    assert f"silent for {SILENCE_SECONDS:.0f} s" in PAGE


def test_its_commands_are_targets_of_make():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {name for line in re.findall(r"^([\w -]+):", makefile, re.M) for name in line.split()}
    assert {"run", "status", "up"} <= set(re.findall(r"`make ([\w-]+)`", PAGE)) <= targets


def test_what_it_says_of_the_settings_is_true():
    settings = load(ROOT / "localcloud.toml")
    assert " ".join(["python", *settings.provision[1:]]) in PAGE
    assert list(settings.service) == ["orchestrator"]
    assert settings.command == "make {command} STATE={state}"
