"""What the batch refuses before anything starts, and where it may not run."""

import os
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from laptop import batch, day
from laptop.cloud import STAND_INS, CloudError, check_services
from laptop.options import parser, state_folder
from localcloud.endpoints import GOOGLE, variable


def test_a_file_of_sales_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch.main(["--sales", str(tmp_path / "none.csv"), "--state-dir", str(tmp_path)]) == 2
    assert "none.csv does not exist" in capsys.readouterr().err


def test_an_as_of_that_is_no_date_stops_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch.main(["--as-of", "someday", "--state-dir", str(tmp_path)]) == 1
    assert "as_of='someday' is not a date" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_is_right_becomes_the_day_in_a_cloud_of_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process itself becomes the other, so only here is execv another function."""
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: became.append(command))
    monkeypatch.chdir(tmp_path)
    sales = tmp_path / "orders.csv"
    sales.write_text("customer_id,date,amount\nc,2026-01-01,5\n")
    given = ["--sales", str(sales), "--state-dir", "here", "--as-of", "2026-01-31"]
    batch.main(given)
    [[_, *command]] = became
    assert command[:6] == ["-m", "localcloud", "run", "--state-dir", "here/sales-orders", "--"]
    assert command[7:-2] == ["-m", "laptop.day", *given]
    assert command[-2] == "--started"


def test_each_way_of_sales_has_its_folder() -> None:
    reader = parser("p", "d")
    assert state_folder(reader.parse_args([])) == Path(".localcloud/demo")
    assert state_folder(reader.parse_args(["--sales", "a/b.csv"])) == Path(".localcloud/sales-b")


def test_a_day_outside_the_laptop_s_cloud_reaches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in STAND_INS:
        monkeypatch.setenv(name, "127.0.0.1:1")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    monkeypatch.delenv("ORCHESTRATOR_URL", raising=False)
    assert day.main(["--state-dir", str(tmp_path)]) == 1
    assert "ORCHESTRATOR_URL is not set: this is for the laptop's cloud alone" in capsys.readouterr().err
    monkeypatch.delenv("VERTEX_EMULATOR_HOST")
    assert day.main(["--state-dir", str(tmp_path)]) == 1
    assert "VERTEX_EMULATOR_HOST is not set" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("words", "sent"), [([], {}), (["--horizon-days", "60"], {"horizon_days": 60})])
def test_the_horizon_is_that_of_the_environment_unless_it_is_said(
    words: list[str], sent: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Triggered(Exception):  # noqa: N818
        pass

    def trigger(_: str, as_of: date, parameters: dict[str, int]) -> None:
        assert (as_of, parameters) == (date(2026, 1, 31), {"sources": "clickstream,startups", **sent})
        raise Triggered

    monkeypatch.setattr(day, "trigger", trigger)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    monkeypatch.setenv("ORCHESTRATOR_URL", "http://127.0.0.1:1")
    with pytest.raises(Triggered):
        day._run_day(parser("p", "d").parse_args(words), Console(), tmp_path, date(2026, 1, 31))


def test_the_stand_ins_are_all_that_there_are() -> None:
    assert {variable(name) for name in GOOGLE} == set(STAND_INS)


def test_a_cloud_that_does_not_run_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALCLOUD_STATE", str(tmp_path))
    with pytest.raises(CloudError, match="has ended or does not answer: see make status"):
        check_services()
