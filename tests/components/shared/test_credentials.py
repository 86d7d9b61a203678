"""Every command that calls Google names the command that obtains missing credentials."""

import importlib

import pytest
from google.auth.exceptions import RefreshError, TransportError

from components.shared.credentials import LOGIN, describe_error
from generators import arguments
from laptop.cloud import STAND_INS

PLACE = ["--project", "winter-days-nobody"]
COMMANDS = {
    "dashboard": [*PLACE, "--output", "dashboard.html"],
    "explain": ["0" * 64, "--on", "2026-01-31", *PLACE],
    "audience": ["list", *PLACE, "--output", "calls.csv"],
    "sql": ["--command", "SELECT 1", *PLACE],
    "erase": ["C-1", *PLACE],
    "pipelines.smoke": [*PLACE, "--bucket", "winter-days-nobody-lake-raw"],
}


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """A machine on which nobody has signed in and which is not one of Google's."""
    for name in (*STAND_INS, "BIGQUERY_STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_without_credentials_names_the_login_command(name, capsys):
    package = name if "." in name else f"{name}.__main__"
    assert importlib.import_module(package).main(COMMANDS[name]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"error: no credentials for Google Cloud: run {LOGIN} (")
    assert err.count("\n") == 1


def test_the_generators_name_it_too():
    def generate() -> None:
        importlib.import_module("generators.sales").main(PLACE)

    with pytest.raises(SystemExit, match=f"^error: no credentials for Google Cloud: run {LOGIN}"):
        arguments.run(generate)


def test_only_errors_that_a_login_fixes_name_it():
    assert LOGIN in describe_error(RefreshError("Reauthentication is needed."))
    assert describe_error(TransportError("no route\nto Google")) == "no route"
