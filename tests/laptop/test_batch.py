"""What the batch refuses before anything starts, and where it may not run."""

import io
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from components.shared.names import BUCKET
from generators.own_reading import CheckedSales, Counts, CountsError
from laptop import batch, day
from laptop.cloud import STAND_INS, CloudError, check_services
from laptop.options import IMPORT, parser, state_folder
from laptop.state import BatchState
from localcloud.endpoints import GOOGLE, variable
from localcloud.firestore.clock import EPOCH, Clock


def test_a_file_of_sales_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert batch.main(["--sales", str(tmp_path / "none.csv"), "--state-dir", str(tmp_path)]) == 2
    assert "none.csv does not exist" in capsys.readouterr().err


def test_valid_options_run_the_day_in_the_folders_own_cloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """execv would replace the test's own process, so it is patched."""
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: became.append(command))
    monkeypatch.chdir(tmp_path)
    sales = tmp_path / "orders.csv"
    sales.write_text(
        "order_id,customer_id,date,amount\n1,c,2026-01-01,5\n2,c,2026-01-03,7\n3,,2026-01-04,9\n"
    )
    words = ["--sales", str(sales), "--source", "shop", "--currency", "EUR", "--state-dir", "here"]
    batch.main([*words, "--as-of", "2026-01-31"])
    [[_, *command]] = became
    assert command[:6] == ["-m", "localcloud", "run", "--state-dir", "here", "--"]
    assert command[7:-2] == ["-m", "laptop.day", *words, "--as-of", "2026-01-31"]
    assert command[-2] == "--started"
    kept = CheckedSales.load(Path("here/import"))
    assert (kept.source, kept.first, kept.last) == ("shop", date(2026, 1, 1), date(2026, 1, 3))
    assert str(kept.counts) == "3 rows = 2 sales + 0 rejected + 1 left out"


@pytest.mark.parametrize(("generated", "year"), [("", 1990), ("2026-01-30", datetime.now(UTC).year)])
def test_the_clock_starts_before_all_documents_on_a_first_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generated: str, year: int
) -> None:
    """Once Firestore has started, its times never go back; with sales already there the clock stays."""
    years: list[int] = []
    clock = Clock(tmp_path / "firestore")
    monkeypatch.setattr(
        os, "execv", lambda *_: years.append((EPOCH + timedelta(microseconds=clock.now())).year)
    )
    BatchState(generated_through=generated).save(tmp_path)
    batch.main(["--as-of", "2026-01-31", "--state-dir", str(tmp_path)])
    assert years == [year]


def test_undecided_settings_stop_before_anything_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sales = tmp_path / "orders.csv"
    sales.write_text("order_id,customer_id,date,amount\n1,c,03/04/2026,5\n2,c,05/06/2026,7\n")
    state = tmp_path / "state"
    assert batch.main(["--sales", str(sales), "--currency", "EUR", "--state-dir", str(state)]) == 2
    out, err = capsys.readouterr()
    assert "time.formats" in out
    assert "undecided: the report names the option that settles" in err
    assert not state.exists()


def test_a_run_is_as_of_today_at_latest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    today = datetime.now(UTC).date()
    imported: list[CheckedSales] = []
    monkeypatch.setattr(day, "import_own", lambda _state, sales, _replace, **_: imported.append(sales))
    folder = tmp_path / IMPORT
    folder.mkdir(parents=True)
    options = parser("p", "d").parse_args(
        ["--sales", "x.csv", "--source", "shop", "--state-dir", str(tmp_path)]
    )
    for last, as_of in ((date(2026, 1, 3), date(2026, 1, 4)), (today, today), (today + timedelta(9), today)):
        sales = CheckedSales(folder / "sales.parquet", "shop", last, last, Counts(1, 1, 0, 0), "d", "r")
        sales.save()
        assert day._bring_sales(options, BatchState())[0] == as_of
        assert imported.pop() == sales
    options.as_of = "2026-02-01"
    assert day._bring_sales(options, BatchState())[0] == date(2026, 2, 1)


def test_a_later_run_says_that_it_is_for_the_next_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(day, "generate", lambda *_: None)
    monkeypatch.setattr(day, "plan_demo_campaign", lambda *_: None)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    options = parser("p", "d").parse_args(["--state-dir", str(tmp_path)])
    state = BatchState()
    assert day._bring_sales(options, state)[0] == datetime.now(UTC).date()
    assert capsys.readouterr().out == ""
    state.last_as_of = "2026-01-31"
    assert day._bring_sales(options, state)[0] == date(2026, 2, 1)
    told = "running 2026-02-01, the day after the last run; AS_OF=… chooses another\n"
    assert capsys.readouterr().out == told
    options.as_of = "2026-03-01"
    assert day._bring_sales(options, state)[0] == date(2026, 3, 1)
    assert capsys.readouterr().out == ""


def test_an_export_that_differs_from_the_import_fails_with_both_counts(tmp_path: Path) -> None:
    day_ = date(2026, 1, 3)
    sales = CheckedSales(tmp_path, "shop", day_, day_, Counts(9, 7, 1, 1), "d", "r")
    state, console = BatchState(expected_documents=7), Console(file=io.StringIO(), width=100)
    records = [{"step": "export_sales", "counts": {"documents": 7, "rejects": 1}}]
    with pytest.raises(CountsError, match="7 sales were imported and 6 exported"):
        day._compare(console, sales, state, records)
    assert state.expected_documents == 7
    records[0]["counts"] = {"documents": 7, "rejects": 0}
    day._compare(console, sales, state, records)
    assert isinstance(console.file, io.StringIO)
    shown = "your files   9 rows = 7 sales + 1 rejected + 1 left out; 7 sales exported"
    assert console.file.getvalue().splitlines()[-1] == shown
    assert state.expected_documents is None
    records[0]["counts"] = {"documents": 5, "rejects": 0}
    day._compare(console, sales, state, records)  # documents erased since then are not a loss


def test_each_source_of_sales_has_its_folder() -> None:
    reader = parser("p", "d")
    assert state_folder(reader.parse_args([])) == Path(".localcloud/demo")
    assert state_folder(reader.parse_args(["--sales", "a/b.csv", "--source", "s"])) == Path(
        ".localcloud/sales-s"
    )
    one, other, same = (
        state_folder(reader.parse_args(["--sales", *files]))
        for files in (["a/b.csv"], ["c/b.csv"], ["./a/b.csv"])
    )
    assert one == same != other
    assert one.name.startswith("sales-b-")


def test_a_day_outside_the_local_cloud_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in STAND_INS:
        monkeypatch.setenv(name, "127.0.0.1:1")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    monkeypatch.delenv("ORCHESTRATOR_URL", raising=False)
    assert day.main(["--state-dir", str(tmp_path)]) == 1
    assert "ORCHESTRATOR_URL is not set: this works only with the local cloud" in capsys.readouterr().err
    monkeypatch.delenv("VERTEX_EMULATOR_HOST")
    assert day.main(["--state-dir", str(tmp_path)]) == 1
    assert "VERTEX_EMULATOR_HOST is not set" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_during_an_erasure_no_sales_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (*STAND_INS, "GOOGLE_CLOUD_PROJECT", "ORCHESTRATOR_URL"):
        monkeypatch.setenv(name, "127.0.0.1:1")
    monkeypatch.setattr(day, "make_ready", lambda _: None)
    monkeypatch.setattr(day, "check_services", lambda: None)
    monkeypatch.setattr(day, "erasure_under_way", lambda bucket: f"an erasure in {bucket.name}")
    monkeypatch.setattr(day, "generate", lambda *_: pytest.fail("sales are written"))
    assert day.main(["--state-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"error: an erasure in {BUCKET}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("words", "sent"), [([], {}), (["--horizon-days", "60"], {"horizon_days": 60})])
def test_the_horizon_is_sent_only_if_it_is_given(
    words: list[str], sent: dict[str, int], monkeypatch: pytest.MonkeyPatch
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
        day._trigger(parser("p", "d").parse_args(words), date(2026, 1, 31))


def test_the_list_of_stand_ins_is_complete() -> None:
    assert {variable(name) for name in GOOGLE} == set(STAND_INS)


def test_a_cloud_that_is_not_running_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALCLOUD_STATE", str(tmp_path))
    with pytest.raises(CloudError, match="has stopped or is not responding: see make status"):
        check_services()


def test_two_files_with_one_name_get_two_clouds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in the case two_files_of_one_name, where 2,739 and 500 sales of two shops shared one warehouse."""
    monkeypatch.setattr(os, "execv", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    counts = {"shop1": 3, "shop2": 2}
    for shop, count in counts.items():
        folder = tmp_path / shop
        folder.mkdir()
        rows = "".join(f"{n},c{n},2026-01-0{n},5\n" for n in range(1, count + 1))
        (folder / "orders.csv").write_text(f"order_id,customer_id,date,amount\n{rows}")
        batch.main(["--sales", str(folder / "orders.csv"), "--currency", "EUR"])
    kept = [CheckedSales.load(folder / IMPORT) for folder in Path(".localcloud").iterdir()]
    assert sorted(sales.counts.accepted for sales in kept) == [2, 3]
    assert len({sales.source for sales in kept}) == 2
