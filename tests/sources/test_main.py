"""The command: its exit codes, what it shows, and the mapping that it writes."""

from pathlib import Path

import pytest

from sources.__main__ import main, source_of

HEAD = "order_id,customer_id,date,product,quantity,unit price\n"
TEXT = HEAD + "1,a,2026-01-01,x,3,10.00\n2,b,2026-01-31,y,1,4.00\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a small file of sales."""
    path = tmp_path / "orders.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_the_written_mapping_reads_the_same(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.yaml"
    assert main(["check", str(file), "--write-mapping", str(own)]) == 0
    assert "EUR: revenue 34.00" in capsys.readouterr().out
    assert own.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=")
    assert main(["check", str(file), "--mapping", str(own)]) == 0
    assert "EUR: revenue 34.00" in capsys.readouterr().out


def test_undecided_settings_exit_with_three(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(
        TEXT.replace("2026-01-01", "03/04/2026").replace("2026-01-31", "05/06/2026"), encoding="utf-8"
    )
    assert main(["check", str(path)]) == 3
    assert "--set 'time.formats=[%d/%m/%Y]'" in " ".join(capsys.readouterr().out.split())
    assert main(["check", str(path), "--set", "time.formats=[%d/%m/%Y]"]) == 0


@pytest.mark.parametrize("words", [["--set", "amont=1"], ["--preset", "shopware"], ["--set", "amount"]])
def test_wrong_options_exit_with_two(
    words: list[str], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(file), *words]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_a_file_that_cannot_be_read_exits_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "empty.csv"
    path.touch()
    assert main(["check", str(path)]) == 2
    assert "is empty" in capsys.readouterr().err


def test_the_delimiter_and_the_encoding_can_be_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(TEXT.replace(",", "#").replace("unit price", "Größe").encode("cp1250"))
    told = ["--set", "source.delimiter=#", "--set", "source.encoding=cp1250", "--set", "amount.field=Größe"]
    assert main(["check", str(path), *told, "--set", "amount.means=unit_price"]) == 0
    assert "EUR: revenue 34.00" in capsys.readouterr().out


def test_the_help_has_examples_and_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    assert "python -m sources check orders.csv" in capsys.readouterr().out
    assert main(["presets"]) == 0
    assert "shopify" in capsys.readouterr().out


def test_two_shops_files_with_one_name_are_two_sources(tmp_path: Path) -> None:
    one, other = (tmp_path / shop / "orders.csv" for shop in ("a", "b"))
    assert source_of([one]) != source_of([other])
    assert source_of([one], "shop") == source_of([other], "shop") == "shop"


def test_an_error_controls_no_terminal(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mapping = tmp_path / "own.yaml"
    mapping.write_text('"a\\e[31m\\r": 1\n', encoding="utf-8")
    assert main(["check", str(file), "--mapping", str(mapping)]) == 2
    said = capsys.readouterr().err.removesuffix("\n")
    assert "a [31m  is not a key" in said
    assert said.isprintable()
