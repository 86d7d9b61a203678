"""The Makefile passes on what it is given, and refuses what it does not know."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make(*words: str, folder: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run make with these variables in its environment."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *words], cwd=folder, env=own | variables, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("SALE=orders.csv", "there is no variable SALE; the nearest is SALES."),
        ("AS_OFF=2026-01-31", "there is no variable AS_OFF; the nearest is AS_OF."),
        ("state=x", "there is no variable state: make help shows them."),
    ],
)
def test_a_misspelt_variable_is_refused(given: str, told: str) -> None:
    done = make("run", given, "AS_OF=2026-01-31")
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_variables_of_make_and_of_the_environment_are_none_of_ours() -> None:
    assert make("help", "SHELL=bash", "MAKEFLAGS=s", SALE="orders.csv").returncode == 0


def test_the_width_of_a_terminal_names_no_columns() -> None:
    run = ("--dry-run", "run", "SALES=orders.csv")
    assert "--columns" not in make(*run, COLUMNS="80").stdout
    assert "--columns" in make(*run, "COLUMNS=customer=ID").stdout


@pytest.mark.parametrize("target", ["down", "status"])
def test_nothing_is_installed_to_stop_what_cannot_be_running(tmp_path: Path, target: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    done = make(target, folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "nothing is installed here, so no services are running\n"
    assert [path.name for path in tmp_path.iterdir()] == ["Makefile"]
