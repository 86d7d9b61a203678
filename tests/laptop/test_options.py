"""The batch's options are checked, with one-line errors, before anything is started or written."""

import argparse
import re
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from laptop import batch
from laptop.options import STATE, OptionError, check, parser, sources_of, state_folder
from laptop.state import BatchState

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 1, 31)


def asked(folder: Path, *words: str) -> argparse.Namespace:
    return parser("p", "d").parse_args(["--state-dir", str(folder), *words])


@pytest.mark.parametrize(
    ("words", "sources"),
    [
        ([], "clickstream,startups"),
        (["--sources", "startups"], "startups"),
        (["--sales", "orders.csv"], ""),  # a stranger's sales come without clicks
        (["--sales", "orders.csv", "--sources", "clickstream"], "clickstream"),
    ],
)
def test_sources_are_what_is_generated_or_what_is_given(
    tmp_path: Path, words: list[str], sources: str
) -> None:
    assert sources_of(asked(tmp_path, *words)) == sources


def test_the_default_state_is_the_same_everywhere() -> None:
    settings = tomllib.loads((ROOT / "localcloud.toml").read_text(encoding="utf-8"))
    [made] = re.findall(r"(?m)^STATE \?= (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert settings["state"] == made == str(STATE) == str(state_folder(parser("p", "d").parse_args([])))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--customers", "0"], "argument --customers: '0' is not a whole number of at least 1"),
        (["--customers=-5"], "argument --customers: '-5' is not a whole number of at least 1"),
        (["--customers", "many"], "argument --customers: 'many' is not a whole number of at least 1"),
        (["--days", "0"], "argument --days: '0' is not a whole number of at least 1"),
        (["--horizon-days", "0"], "argument --horizon-days: '0' is not a whole number of at least 1"),
        (
            ["--as-of", "2130-01-01"],
            "--as-of 2130-01-01 is out of range: choose a day from 1990-01-01",
        ),
        (
            ["--as-of", "1889-12-31"],
            "--as-of 1889-12-31 is out of range: choose a day from 1990-01-01",
        ),
        (["--as-of", "2026-02-30"], "as_of='2026-02-30' is not a date: write it as YYYY-MM-DD"),
        (["--as-of", "31.01.2026"], "as_of='31.01.2026' is not a date: write it as YYYY-MM-DD"),
        (["--sources", "weather"], "sources='weather': 'weather' is not one of clickstream, startups"),
        (["--sales", "empty.csv"], "empty.csv is empty"),
        (["--sales", "header.csv"], "header.csv has column names but no rows"),
        (["--retry"], "state has no run to retry: make run starts one"),
        (
            ["--retry", "--as-of", "2026-01-31"],
            "--retry resumes the failed run: give only",
        ),
        (["--preset", "shopify"], "--preset needs --sales: SALES=orders.csv names your files"),
        (["--time-format", "%d/%m/%Y"], "--time-format needs --sales"),
        (["--set", "time.zone=UTC"], "--set needs --sales"),
        (["--replace"], "--replace needs --sales"),
        (["--colour", "red"], "unrecognized arguments: --colour red"),
    ],
)
def test_invalid_options_are_refused_in_one_line(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.csv").touch()
    Path("header.csv").write_text("order_id,customer_id,date,amount\n")
    with pytest.raises(SystemExit) as ended:
        raise SystemExit(batch.main(["--state-dir", "state", *words]))
    assert ended.value.code in (1, 2)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: {told}")
    assert err.count("\n") == 1
    assert not Path("state").exists()


def test_a_day_may_be_up_to_a_month_after_the_last_one(tmp_path: Path) -> None:
    last = TODAY + timedelta(days=400)  # after running every day in turn
    for run, latest in (("", TODAY + timedelta(32)), (str(last), last + timedelta(32))):
        BatchState(last_as_of=run).save(tmp_path)
        check(asked(tmp_path, "--as-of", str(latest)), TODAY)
        with pytest.raises(OptionError, match=f"from 1990-01-01 to {latest}"):
            check(asked(tmp_path, "--as-of", str(latest + timedelta(1))), TODAY)


def test_a_folder_holds_one_shop_s_sales(tmp_path: Path) -> None:
    own = ["--sales", "x.csv", "--source", "shop"]
    for held, refused in (("", own), ("shop", []), ("shop", [*own[:-1], "other"])):
        BatchState(generated_through="2026-01-01", source=held).save(tmp_path)
        with pytest.raises(OptionError, match=f"choose another folder, such as STATE={tmp_path}-2") as error:
            check(asked(tmp_path, *refused), TODAY)
        assert ("generated sales" if held == "" else f"the sales of {held}") in str(error.value)
    check(asked(tmp_path, *own), TODAY)
    BatchState(generated_through="2026-01-01").save(
        tmp_path
    )  # from an earlier version, which did not record it
    check(asked(tmp_path, *own), TODAY)
    check(asked(tmp_path / "new", *own), TODAY)


def test_a_state_is_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.touch()
    for state in (file, file / "demo"):
        with pytest.raises(OptionError, match=f"{file} is a file: choose a folder"):
            check(asked(state), TODAY)


def test_a_folder_that_cannot_be_made_is_an_error_of_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert batch.main(["--state-dir", "/proc/demo"]) == 1
    assert re.fullmatch(r"error: .*'/proc/demo'\n", capsys.readouterr().err)


def test_a_named_state_is_the_folder_for_sales_of_any_kind(tmp_path: Path) -> None:
    assert state_folder(asked(tmp_path)) == tmp_path
    assert state_folder(asked(tmp_path, "--sales", "x.csv")) == tmp_path


@pytest.mark.parametrize("words", [["--as-of", "2026-13-01"], ["--sources", "weather"]])
def test_an_invalid_argument_is_2(words: list[str], tmp_path: Path) -> None:
    assert batch.main(["--state-dir", str(tmp_path / "state"), *words]) == 2
