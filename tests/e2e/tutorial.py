"""docs/tutorial.md: its commands as a user types them, and its clicks as a user makes them."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
SHOTS = os.environ.get("SCREENSHOTS")  # an absolute path: the folder for the pictures, if wanted


def typed(start: str, project: str, **given: str) -> str:
    """Run the page's command that begins with `start`, with the given values, and return what it prints.

    `make TARGET` is replaced by what it runs in a cloud that is up, `python -m TARGET`.
    """
    [command] = [line for line in PAGE.splitlines() if line.startswith(start)]
    _, target, *words = shlex.split(command)
    values = dict(word.split("=", 1) for word in words) | given
    on = [values["CUSTOMER"], "--on", values["ON"]] if "CUSTOMER" in values else []
    arguments = [*on, *shlex.split(values.get("ARGS", "")), "--project", project]
    done = subprocess.run(
        [sys.executable, "-m", target, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def click(page: Any, role: str, name: str) -> None:
    """Click what the tutorial has in bold, which may be the beginning of a run's id."""
    assert f"**{name}**" in PAGE
    page.get_by_role(role, name=name).first.click()


def shoot(page: Any, name: str) -> None:
    """Take a picture that the tutorial shows, if pictures are wanted."""
    assert f"(images/{name}.png)" in PAGE
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png")
