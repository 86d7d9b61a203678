"""How the command line names files, and what its options mean for a mapping."""

import argparse
from pathlib import Path

import pytest

from generators.own_options import add_reading, asked_files, settings_of
from sources.errors import UnreadableError
from sources.files.naming import source_of


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_reading(parser)
    return parser.parse_args(words)


def test_the_short_options_are_settings_of_the_mapping() -> None:
    given = options(
        *("--columns", "customer=Customer ID, time=Date,price=Unit,quantity="),
        *("--time-format", "%d/%m/%Y %H:%M", "--currency", "GBP"),
    )
    assert settings_of(given) == [
        'customer.fields=["Customer ID"]',
        'time.field="Date"',
        'amount.field="Unit"',
        "amount.means=unit_price",
        "quantity=null",
        'time.formats=["%d/%m/%Y %H:%M"]',
        "currency.default=GBP",
    ]


def test_one_text_may_hold_several_settings_whose_values_have_blanks() -> None:
    several = "customer.fields=[Customer ID, E-mail] time.field=Order Date row=line"
    assert settings_of(options("--set", several, "--set", "amount.means=line_total")) == [
        "customer.fields=[Customer ID, E-mail]",
        "time.field=Order Date",
        "row=line",
        "amount.means=line_total",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [("customer", "'customer' is not written as field=Column"), ("colour=red", "'colour' is not a field")],
)
def test_wrong_columns_are_refused(text: str, message: str) -> None:
    with pytest.raises(UnreadableError, match=message):
        settings_of(options("--columns", text))


def test_older_sales_are_asked_about_by_default() -> None:
    assert [options(*w).replace for w in ([], ["--replace"], ["--keep-older"])] == [None, True, False]


def test_two_files_with_one_name_are_two_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shops = [tmp_path / shop / "Orders 2026.csv.gz" for shop in ("shop1", "shop2")]
    names = [source_of([shop], "") for shop in shops]
    assert len(set(names)) == 2
    assert all(name.startswith("Orders-2026-") and len(name) == 20 for name in names)
    monkeypatch.chdir(tmp_path)
    assert source_of([Path("shop1/Orders 2026.csv.gz")], "") == names[0]
    assert source_of([shops[0], shops[1]], "") == names[0]
    assert source_of(shops, "both") == "both"
    for wrong in ("../up", "", ".hidden"):
        if wrong:
            with pytest.raises(UnreadableError, match="may only contain letters"):
                source_of(shops, wrong)


def test_one_text_names_a_file_with_blanks_or_several(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("my orders.csv", "a.csv", "b.csv"):
        Path(name).touch()
    assert asked_files(["my orders.csv"]) == [Path("my orders.csv")]
    assert asked_files(["a.csv b.csv", "'my orders.csv'"]) == [
        *map(Path, ("a.csv", "b.csv", "my orders.csv"))
    ]
    assert asked_files(["my *.csv"]) == [Path("my *.csv")]
    with pytest.raises(UnreadableError, match="no file is given"):
        asked_files([" "])
