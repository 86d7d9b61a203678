"""Google's clients and tools built on them, each in its own program, pointed at the cloud by `up` alone.

What is not installed here is skipped: `make clients-check` installs it, and runs this file with its Python.
"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from google.cloud import bigquery

from localcloud import clients
from localcloud.endpoints import Endpoints
from localcloud.supervisor import running
from tests.cloud import led_to

pytestmark = pytest.mark.services

PROGRAMS = Path(__file__).parent / "clients"
PYTHON = os.environ.get("CLIENTS_PYTHON", sys.executable)
# Reports any look-up of another machine by the program; what gRPC does cannot be seen from Python.
KEPT_HERE = """
import runpy, sys
def stay(event, arguments):
    if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "localhost", None):
        sys.__stderr__.write(f"looks for {arguments[0]}\\n")
sys.addaudithook(stay)
runpy.run_path(sys.argv[1], run_name="__main__")
"""
SPENT = {"customer": ["Ann", "Bob"], "amount": [42, 5]}
ANSWERS = {
    "ask_bigquery.py": ["[('Ann', 42), ('Bob', 5)]"],
    "ask_storage.py": ["[('2026/01.csv', 'Ann,2')]"],
    "ask_firestore.py": ["[('1', [('amount', 2), ('customer', 'Ann')])]"],
    "ask_dataframe.py": [
        "{'customer': ['Ann', 'Ann', 'Bob'], 'amount': [2, 40, 5]}",
        str(700 * 500 * 501 // 2),
        "1.5",
    ],
    "ask_pandas_gbq.py": ["{'customer': ['Ann', 'Bob'], 'n': [1, 1]}"],
    "ask_ibis.py": [str(SPENT)],
    "ask_sqlalchemy.py": ["[('Ann', 42), ('Bob', 5)]", "['customer', 'amount']"],
    "ask_notebook.py": [str(SPENT)],
}
NEEDED = {
    "ask_dataframe.py": ("pandas", "db_dtypes"),
    "ask_pandas_gbq.py": ("pandas_gbq",),
    "ask_ibis.py": ("ibis",),
    "ask_sqlalchemy.py": ("sqlalchemy_bigquery",),
    "ask_notebook.py": ("nbclient", "ipykernel", "bigquery_magics"),
}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a state")


@pytest.fixture(scope="module")
def shop(state: Path):
    """A cloud with a table of orders."""
    with running(state, services=("bigquery", "storage", "firestore")) as endpoints:
        with led_to(endpoints), pytest.MonkeyPatch.context() as patch:
            patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(state / clients.CREDENTIALS))
            client = bigquery.Client()
            client.create_dataset("shop")
            orders = (
                "SELECT 'Ann' AS customer, 2 AS amount UNION ALL SELECT 'Ann', 40 UNION ALL SELECT 'Bob', 5"
            )
            client.query_and_wait(f"CREATE TABLE shop.orders AS {orders}")
        yield endpoints


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of somebody who has no Google credentials and has configured no client."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path_factory.mktemp("home"))}


def lines(program: str, environment: dict[str, str]) -> list[str]:
    """Return the lines that a program prints; skip the test where a package is missing."""
    for package in NEEDED.get(program, ()):
        if subprocess.run([PYTHON, "-c", f"import {package}"], capture_output=True).returncode:
            pytest.skip(f"{package} is not installed here: make clients-check")
    command = [PYTHON, "-c", KEPT_HERE, str(PROGRAMS / program)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "looks for" not in done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def led(shop: Endpoints, state: Path, stranger: dict[str, str]) -> dict[str, str]:
    """The same environment, after a shell has evaluated what `up` prints."""
    up = [sys.executable, "-m", "localcloud", "up", "--state-dir", str(state)]
    command = ["sh", "-c", f'eval "$({shlex.join(up)})" && env -0']
    printed = subprocess.run(command, env=stranger, capture_output=True, text=True, check=True).stdout
    return dict(line.split("=", 1) for line in printed.split("\0") if line)


@pytest.mark.parametrize("program", ANSWERS)
def test_what_up_prints_is_enough(led: dict[str, str], program: str) -> None:
    assert lines(program, led) == ANSWERS[program]


def test_an_editor_finds_the_same_in_a_file(led: dict[str, str], state: Path, stranger) -> None:
    written = (state / clients.ENV_FILE).read_text().splitlines()
    variables = dict(line.split("=", 1) for line in written)
    assert variables.items() <= led.items()
    assert set(led) - set(variables) <= {"PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "_"}
    assert lines("ask_bigquery.py", stranger | variables) == ANSWERS["ask_bigquery.py"]


def test_a_stopped_cloud_leaves_no_variables_behind(tmp_path: Path) -> None:
    with running(tmp_path, services=("storage",)):
        assert (tmp_path / clients.ENV_FILE).exists()
    assert not (tmp_path / clients.ENV_FILE).exists()
    assert tmp_path.stat().st_mode & 0o077 == 0
