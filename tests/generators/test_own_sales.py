"""A user's own files, from the command to the documents."""

import argparse
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from google.cloud.firestore import Client

from components.shared.names import CHANGED_FIELD
from contracts.records import record_model
from generators.own_options import add_reading
from generators.own_sales import UndecidedError, checked_sales, main

CsvFile = Callable[[str], Path]

ORDERS = """order_id,customer_id,date,amount
A1,anna,2026-01-05,10.00
A2,bert,2026-01-03,-4.50
A3,,2026-02-01,7.00
A4,anna,2026-01-09,0
"""
REAL_DATA = Path(__file__).parents[3] / "shared" / "data"


def stored(client: Client, collection: str) -> dict[str, dict[str, Any]]:
    return {snapshot.id: snapshot.to_dict() or {} for snapshot in client.collection(collection).stream()}


def by_order(client: Client, collection: str) -> dict[str, dict[str, Any]]:
    return {document["order_id"]: document for document in stored(client, collection).values()}


def options_of(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_reading(parser)
    return parser.parse_args(words)


def real(name: str) -> Path:
    path = REAL_DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    return path


def test_a_file_becomes_documents_of_the_contract(
    firestore_database: Client, csv_file: CsvFile, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(csv_file(ORDERS)), "--currency", "GBP", "--collection", "own_orders", "--source", "shop"])
    documents = by_order(firestore_database, "own_orders")
    assert {order: row["status"] for order, row in documents.items()} == {
        "A1": "completed",
        "A2": "refunded",
        "A4": "cancelled",
    }
    assert (documents["A2"]["total_amount"], documents["A2"]["currency"]) == (4.5, "GBP")
    assert documents["A1"]["sale_timestamp"] == "2026-01-05T00:00:00Z"
    assert {row["source"] for row in documents.values()} == {"shop"}
    for name, document in stored(firestore_database, "own_orders").items():
        assert document.pop(CHANGED_FIELD)  # when it last changed, which is not part of a sale
        assert record_model("sale").model_validate(document).sale_id == name
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == ("4 rows = 3 sales + 0 rejected + 1 left out; 3 sales written in own_orders")


@pytest.mark.parametrize("repeated", ["A2", "A9"])
def test_an_import_run_twice_changes_nothing(
    firestore_database: Client, csv_file: CsvFile, repeated: str
) -> None:
    # With A2 twice, two rows are identical: lines of one order, or its total repeated, so this is asked.
    path = csv_file(ORDERS + f"{repeated},bert,2026-01-03,-4.50\n")
    collection = firestore_database.collection(f"own_twice_{repeated}")
    words = [str(path), "--set", "amount.means=line_total", "--collection", collection.id]
    main(words)
    first = {snapshot.id: snapshot.update_time for snapshot in collection.stream()}
    assert len(first) == 4
    main(words)
    assert {snapshot.id: snapshot.update_time for snapshot in collection.stream()} == first


def test_ids_do_not_depend_on_the_order_of_the_rows_or_the_kind_of_file(
    firestore_database: Client, csv_file: CsvFile, tmp_path: Path
) -> None:
    lines = ["who,date,amount", "a,2026-01-01,1", "b,2026-01-02,2", "a,2026-01-01,1"]
    found: list[set[str]] = []
    for number, rows in enumerate((lines, [lines[0], *lines[:0:-1]], lines)):
        path = csv_file("\n".join(rows))
        if number == 2:
            pq.write_table(pyarrow.csv.read_csv(path), tmp_path / "own.parquet")
            path = tmp_path / "own.parquet"
        collection = f"own_ids_{number}"
        words = [*("--columns", "customer=who", "--currency", "EUR"), "--source", "s"]
        main([str(path), *words, "--collection", collection])
        found.append(set(stored(firestore_database, collection)))
    assert [len(identifiers) for identifiers in found] == [3, 3, 3]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ORDERS + "A5,carl,2026-01-10,ten\n", "ten"),
        (ORDERS + "A5,carl,2026-31-01,1\n", "2026-31-01"),
        (ORDERS.replace("customer_id", "who_knows"), "customer"),
        ("customer_id,date,amount\n", "own.csv has column names but no rows"),
        ("", "own.csv is empty"),
    ],
)
def test_what_cannot_be_read_is_reported_and_nothing_written(
    firestore_database: Client,
    csv_file: CsvFile,
    text: str,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(csv_file(text)), "--currency", "EUR", "--collection", "own_bad"])
    out, err = capsys.readouterr()
    assert err.splitlines()[-1].startswith("error: ")
    assert message in out + err
    assert stored(firestore_database, "own_bad") == {}


def test_a_terminal_asks_for_settings_until_nothing_is_undecided(
    csv_file: CsvFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = csv_file("order_id,customer_id,date,amount\n1,c,03/04/2026,5\n2,c,05/06/2026,7\n")
    monkeypatch.setattr("generators.own_sales.in_a_terminal", lambda: True)
    answers = "nonsense\n--set time.formats=[%d/%m/%Y]\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(answers))
    with checked_sales(options_of(), [str(path)]) as found:
        days = found.raw.con.execute("select left(sale_timestamp, 10) from sales").fetchall()
    assert days == [("2026-04-03",), ("2026-06-05",)]
    said = capsys.readouterr().err
    assert "error: --set nonsense" in said
    assert "next time: SET='time.formats=[%d/%m/%Y]'" in said
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    with (
        pytest.raises(UndecidedError, match="one thing is undecided"),
        checked_sales(options_of(), [str(path)]),
    ):
        pass


def test_the_command_exits_with_2_for_a_missing_file(project: str) -> None:
    command = [sys.executable, "-m", "generators.own_sales", "absent.csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "error: absent.csv does not exist\n")


@pytest.mark.parametrize(
    ("name", "settings", "counts", "statuses"),
    [
        # 80 orders of amount 0, by counting with pandas.
        ("cdnow.csv", [], "69,659 rows = 69,659 sales", {"completed": 69_579, "cancelled": 80}),
        # 7,901 cancellations and 6 orders of amount 0 with another status, by counting with pandas.
        (
            "online_retail_ii.parquet",
            ["--set", "status.default=cancelled"],
            "44,876 rows = 44,876 sales",
            {"completed": 36_969, "cancelled": 7_907},
        ),
    ],
)
def test_public_files_need_no_mapping(
    name: str, settings: list[str], counts: str, statuses: dict[str, int], tmp_path: Path
) -> None:
    with checked_sales(options_of(*settings), [str(real(name))]) as found:
        kept = found.keep(tmp_path)
        sql = "select status, count(*) from sales group by status"
        assert dict(found.raw.con.execute(sql).fetchall()) == statuses
    assert str(kept.counts).startswith(counts)
