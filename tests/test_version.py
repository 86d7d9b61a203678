"""A version means one thing: the release of the whole project."""

import re
import tomllib
from pathlib import Path

from components.image import IMAGE

ROOT = Path(__file__).parents[1]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
RELEASES = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", CHANGELOG, re.MULTILINE)


def test_the_newest_release_of_the_changelog_is_the_version() -> None:
    assert RELEASES[0] == VERSION
    assert (
        sorted(RELEASES, key=lambda each: [int(part) for part in each.split(".")], reverse=True) == RELEASES
    )


def test_the_images_of_the_compiled_pipeline_carry_it() -> None:
    assert IMAGE.rpartition(":")[2] == VERSION
