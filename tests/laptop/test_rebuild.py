"""A rebuild runs alone in its folder, and shows its progress."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from components.shared.names import BUCKET
from laptop import rebuild
from laptop.cloud import STAND_INS
from laptop.state import BatchState, lock_folder


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A fake Dataform that has ended a table, and reports these failures."""
    failures: list[str] = []

    def build(_project: str, settings: Any, how: Any, watch: Callable[[], None]) -> list[str]:
        assert settings.vars["as_of"] == "2026-01-31"
        assert how.fully_refresh_incremental_tables_enabled
        watch()
        return failures

    for name in (*STAND_INS, "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.setenv(name, "127.0.0.1:1")
    monkeypatch.setattr(rebuild, "build", build)
    monkeypatch.setattr(rebuild, "make_ready", lambda _: None)
    monkeypatch.setattr(rebuild, "erasure_under_way", lambda _: "")
    shown = SimpleNamespace(progress=lambda: "1 of 79, stg_sales")
    monkeypatch.setattr(rebuild, "DataformProgress", lambda _: shown)
    return failures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    BatchState(last_as_of="2026-01-31").save(tmp_path)
    return tmp_path


def test_it_shows_the_tables_and_says_when_it_is_done(
    folder: Path, failures: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rebuild.main(["--state-dir", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "rebuilding the warehouse as of 2026-01-31: it takes about as long as the first run",
        "  run-dataform       1 of 79, stg_sales",
        "  run-dataform       done    0.0 s",
        "the warehouse is rebuilt as of 2026-01-31",
    ]


def test_what_failed_is_an_error(
    folder: Path, failures: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    failures.append("fct_sales: no such column")
    assert rebuild.main(["--state-dir", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == "  run-dataform       failed    0.0 s"
    assert err == "error: fct_sales: no such column\n"


def test_it_is_refused_while_a_run_uses_the_folder(
    folder: Path, failures: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lock_folder(folder)
    assert rebuild.main(["--state-dir", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: another run or rebuild is using {folder}: wait until it has ended")


def test_it_is_refused_during_an_erasure(
    folder: Path,
    failures: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = []
    monkeypatch.setattr(
        rebuild, "erasure_under_way", lambda bucket: asked.append(bucket.name) or "an erasure is under way"
    )
    assert rebuild.main(["--state-dir", str(folder)]) == 1
    assert capsys.readouterr() == ("", "error: an erasure is under way\n")
    assert asked == [BUCKET]
