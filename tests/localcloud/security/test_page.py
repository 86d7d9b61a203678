"""docs/local-cloud.md says what the code does."""

import re
from pathlib import Path

from localcloud.guard import OWN_SITES
from orchestrator.__main__ import SILENCE_SECONDS
from orchestrator.server import MOST_BYTES

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "local-cloud.md").read_text(encoding="utf-8")


def test_the_page_has_the_limits_of_the_code():
    assert f"bodies of {MOST_BYTES // 2**10} KiB" in PAGE
    assert f"silent for {SILENCE_SECONDS:.0f} s" in PAGE
    assert f"neither {' nor '.join(f'`{site}`' for site in sorted(OWN_SITES, reverse=True))}" in PAGE


def test_its_commands_are_targets_of_make():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {name for line in re.findall(r"^([\w -]+):", makefile, re.M) for name in line.split()}
    assert {"run", "status", "up"} <= set(re.findall(r"`make ([\w-]+)`", PAGE)) <= targets
