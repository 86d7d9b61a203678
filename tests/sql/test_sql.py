"""The prompt on the warehouse: what it shows, what it completes, and what it says about a wrong query."""

import csv
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from google.cloud import bigquery
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from components.shared.clients import bigquery_client
from sql.__main__ import main
from sql.answers import Asking
from sql.catalogue import Catalogue, read_catalogue
from sql.prompt import Names, is_whole, run_prompt
from sql.showing import text

pytestmark = pytest.mark.services

PROJECT = "asked-project"
CUSTOMERS = """
CREATE TABLE shop.customers (
  customer STRING OPTIONS (description = 'Whom it is about.'),
  spent FLOAT64 OPTIONS (description = 'In its own currency.'),
  tags ARRAY<STRING>
) OPTIONS (description = 'One row a customer. And more.')"""
ROWS = """
INSERT INTO shop.customers
VALUES ('Ann', 1234.5, ['new', 'vip']), ('Bob\x1b[31m', NULL, []), ('Cid', 0.1, [])"""
PAID = "SELECT customer, spent, tags FROM customers ORDER BY customer"


@pytest.fixture(scope="module")
def client(cloud) -> bigquery.Client:
    client = bigquery_client(PROJECT)
    client.create_dataset("shop")
    client.create_dataset("more")
    for statement in (
        CUSTOMERS,
        ROWS,
        "CREATE VIEW more.spenders AS SELECT * FROM shop.customers WHERE spent > 1",
    ):
        client.query_and_wait(statement)
    return client


@pytest.fixture(scope="module")
def catalogue(client: bigquery.Client) -> Catalogue:
    return read_catalogue(client, "shop", ["more", "switched_off"])


def run(*arguments: str) -> int:
    return main(["--project", PROJECT, "--dataset", "shop", *arguments])


def test_an_answer_fits_eighty_columns(client, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run("-c", PAID) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split() for line in lines[3:6]] == [
        ["Ann", "1234.5", "[new,", "vip]"],
        ["Bob�[31m", "NULL", "[]"],
        ["Cid", "0.1", "[]"],
    ]
    assert lines[-1].startswith("3 rows, ")


def test_an_answer_with_many_columns_has_a_value_a_line(client, capsys, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run("-c", f"SELECT {', '.join(f'{n} AS column_{n}' for n in range(12))}") == 0
    shown = capsys.readouterr().out
    assert "row 1" in shown and "column_11  11" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_csv_has_every_row(client, capsys) -> None:
    assert (
        run(
            "--csv",
            "-c",
            "SELECT n, IF(n = 7, 'a \"b\",\\nc', NULL) AS t FROM UNNEST(GENERATE_ARRAY(1, 250)) n",
        )
        == 0
    )
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["n", "t"]
    assert [int(n) for n, _ in rows[1:]] == list(range(1, 251))
    assert rows[7] == ["7", 'a "b",\nc']


def test_a_wrong_query_is_reported_in_bigquerys_words(client, capsys) -> None:
    assert run("-c", "SELECT spend FROM customers") == 1
    assert capsys.readouterr().err == "error: Unrecognized name: spend; Did you mean spent? at [1:8]\n"
    assert main(["--project", PROJECT, "--dataset", "never_made"]) == 1
    assert "never_made" in capsys.readouterr().err


def test_the_catalogue_has_descriptions(catalogue: Catalogue) -> None:
    found = catalogue.find("customers")
    assert found is not None and (found.rows, found.description) == (3, "One row a customer. And more.")
    assert [(column.name, column.kind) for column in found.columns] == [
        ("customer", "STRING"),
        ("spent", "FLOAT64"),
        ("tags", "ARRAY<STRING>"),
    ]
    assert [catalogue.written(table) for table in catalogue.tables] == ["customers", "more.spenders"]
    assert catalogue.find("nothing") is None


def completed(catalogue: Catalogue, written: str) -> list[str]:
    return [each.text for each in Names(catalogue).get_completions(Document(written), CompleteEvent())]


def test_names_are_completed(catalogue: Catalogue) -> None:
    assert completed(catalogue, "SELECT * FROM cus") == ["customers"]
    assert completed(catalogue, "SELECT * FROM mor") == ["more.spenders"]
    assert completed(catalogue, "SELECT * FROM customers WHERE sp") == ["spent"]
    assert completed(catalogue, "sel") == ["SELECT"]


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("", True),
        ("SELECT 1", False),
        ("SELECT 1;", True),
        ("SELECT\n1 ; ", True),
        (r"\d", True),
        (r"\cost SELECT", True),
    ],
)
def test_a_statement_ends_with_a_semicolon(written: str, *, whole: bool) -> None:
    assert is_whole(written) is whole


@pytest.fixture
def typed() -> Iterator[object]:
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        yield pipe


def test_a_conversation(client, catalogue, typed, tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    asked = [
        r"\d",
        r"\d customers",
        r"\d nothing",
        "SELECT COUNT(*) AS all_of_them\rFROM customers;",
        "SELECT nope;",
    ]
    for line in [*asked, r"\cost SELECT * FROM customers;", r"\q"]:
        typed.send_text(f"{line}\r")
    run_prompt(console, Asking(client, "shop", None), catalogue, tmp_path / "kept" / "history")
    said = console.file.getvalue()
    for part in (
        "One row a customer",
        "Whom it is about.",
        r"there is no table nothing: \d lists them",
        "all_of_them",
        "Unrecognized name: nope at [1:8]",
        "MiB to read",
    ):
        assert part in said
    assert max(map(len, said.splitlines())) <= 80
    assert "all_of_them" in (tmp_path / "kept" / "history").read_text()


def test_descriptions_and_messages_control_no_terminal(client, typed, tmp_path: Path, capsys) -> None:
    client.create_dataset("hostile")
    client.query_and_wait(
        "CREATE TABLE hostile.t (c STRING OPTIONS (description = 'red \\x1b[31m')) "
        "OPTIONS (description = 'clear \\x1b[2J\u202e. More.')"
    )
    console = Console(file=io.StringIO(), width=80, color_system=None)
    for line in (r"\d", r"\d t", r"SELECT ERROR('bell \x1b]0;x\x07');", r"\q"):
        typed.send_text(f"{line}\r")
    asking = Asking(client, "hostile", None)
    run_prompt(console, asking, read_catalogue(client, "hostile", []), tmp_path / "history")
    said = console.file.getvalue()
    assert said.count("clear �[2J�") == 2
    assert "red �[31m" in said
    assert "bell �]0;x�" in said
    assert run("-c", r"SELECT ERROR('bell \x1b]0;x\x07')") == 1
    assert "bell �]0;x�" in capsys.readouterr().err


def test_values_are_text_for_people() -> None:
    assert [text(value) for value in (None, [1, None], True, "a\x1b")] == ["NULL", "[1, NULL]", "True", "a�"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (362_132.4273, "362132.4273"),
        (22_834.956, "22834.956"),
        (12_345_678.9, "12345678.9"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (Decimal("1E+3"), "1000"),
        (float("inf"), "inf"),
    ],
)
def test_a_number_has_all_its_digits_and_no_exponent(value: object, shown: str) -> None:
    assert text(value) == shown


def test_numbers_are_aligned_on_the_right_and_one_row_is_in_the_singular(client, capsys) -> None:
    assert run("-c", "SELECT NUMERIC '1.5' AS amount_paid, 9.25 AS mean_amount, TRUE AS is_new") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.rstrip() for line in lines[1:4:2]] == [
        " amount_paid   mean_amount   is_new",
        "         1.5          9.25   True",
    ]
    assert lines[-1].startswith("1 row, ")


def test_help_has_examples() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "sql", "--help"], capture_output=True, text=True, env=dict(os.environ)
    )
    assert told.returncode == 0 and "make sql PROJECT=my-project" in told.stdout
