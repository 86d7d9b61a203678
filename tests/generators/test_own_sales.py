import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from google.cloud.firestore import Client

from contracts.records import record_model
from generators.own_documents import Reading
from generators.own_files import InvalidFileError
from generators.own_sales import import_sales, main, open_own_file

CsvFile = Callable[[str], Path]

ORDERS = """order_id,customer_id,date,amount
A1,anna,2026-01-05,10.00
A2,bert,2026-01-03,-4.50
A3,,2026-02-01,7.00
A4,anna,2026-01-09,0
"""
REAL_DATA = Path(__file__).parents[3] / "shared" / "data"


def stored(client: Client, collection: str) -> dict[str, dict[str, Any]]:
    return {snapshot.id: snapshot.to_dict() for snapshot in client.collection(collection).stream()}


def real(name: str) -> Path:
    path = REAL_DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the project")
    return path


def test_a_file_becomes_documents_named_by_their_orders(
    firestore_database: Client, csv_file: CsvFile, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = import_sales(csv_file(ORDERS), collection="own_orders", reading=Reading("GBP"))
    assert (summary.documents, summary.first, summary.last) == (3, date(2026, 1, 3), date(2026, 1, 9))
    assert summary.statuses == {"completed": 1, "refunded": 1, "cancelled": 1}
    assert summary.without_customer == 1
    documents = stored(firestore_database, "own_orders")
    assert set(documents) == {"A1", "A2", "A4"}
    assert documents["A2"]["total_amount"] == 4.5
    assert documents["A2"]["currency"] == "GBP"
    for name, document in documents.items():
        assert record_model("sale").model_validate(document).sale_id == name
    assert "columns of own.csv: customer_id customer" in capsys.readouterr().err


@pytest.mark.parametrize("repeated", ["A2", "A9"])
def test_an_import_run_twice_changes_nothing(
    firestore_database: Client, csv_file: CsvFile, repeated: str
) -> None:
    # With A2 there twice the order numbers are not unique, and two rows are wholly alike.
    path = csv_file(ORDERS + f"{repeated},bert,2026-01-03,-4.50\n")
    collection = firestore_database.collection(f"own_twice_{repeated}")
    import_sales(path, collection=collection.id)
    first = {snapshot.id: snapshot.update_time for snapshot in collection.stream()}
    assert len(first) == 4
    import_sales(path, collection=collection.id)
    assert {snapshot.id: snapshot.update_time for snapshot in collection.stream()} == first


def test_ids_do_not_depend_on_the_order_of_the_rows_or_the_kind_of_file(
    csv_file: CsvFile, tmp_path: Path
) -> None:
    lines = ["who,date,amount", "a,2026-01-01,1", "b,2026-01-02,2", "a,2026-01-01,1"]
    forward = csv_file("\n".join(lines))
    pq.write_table(pyarrow.csv.read_csv(forward), tmp_path / "own.parquet")
    expected = dict(open_own_file(forward, "customer=who", Reading()).documents(False))
    assert len(expected) == 3
    parquet = open_own_file(tmp_path / "own.parquet", "customer=who", Reading())
    assert dict(parquet.documents(False)) == expected
    backward = open_own_file(csv_file("\n".join([lines[0], *lines[:0:-1]])), "customer=who", Reading())
    assert dict(backward.documents(False)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ORDERS + "A5,carl,2026-01-10,ten\n", "line 6, column amount: 'ten' is not a number like 12.50"),
        (ORDERS + "A5,carl,2026-31-01,1\n", "line 6, column date: '2026-31-01' is not a timestamp"),
        (ORDERS + ",carl,2026-01-10,1\n", "line 6, column order_id: '' is not an order number"),
        (ORDERS + "A5,carl\n", "line 6: 2 values, but the first line names 4"),
        ("order_id,date,amount\nA1,2026-01-01,1\n", "no column found for customer"),
        ("customer_id,date,amount\n", "own.csv holds no sale"),
        ("", "own.csv is empty"),
    ],
)
def test_a_bad_file_ends_with_one_line_and_nothing_written(
    firestore_database: Client,
    csv_file: CsvFile,
    text: str,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(csv_file(text)), "--collection", "own_bad"])
    last_line = capsys.readouterr().err.splitlines()[-1]
    assert last_line.startswith("error: ")
    assert message in last_line
    assert stored(firestore_database, "own_bad") == {}


def test_the_command_ends_with_code_2_for_a_file_that_is_not_there(project: str) -> None:
    command = [sys.executable, "-m", "generators.own_sales", "absent.csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "error: absent.csv does not exist\n")


def test_memory_does_not_grow_with_the_file(csv_file: CsvFile) -> None:
    def peak(count: int) -> int:
        body = "".join(f"A{row},c{row},2026-01-01,{row % 90}.50\n" for row in range(count))
        own_file = open_own_file(csv_file("order_id,customer_id,date,amount\n" + body), "", Reading())
        tracemalloc.start()
        own_file.check()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)
    assert peak(4_000) < peak(500) + 100_000


def test_cdnow_needs_no_mapping() -> None:
    summary, orders_are_unique = open_own_file(real("cdnow.csv"), "", Reading()).check()
    assert (summary.documents, summary.first, summary.last) == (69_659, date(1997, 1, 1), date(1998, 6, 30))
    # 80 orders of amount 0, by counting with pandas.
    assert summary.statuses == {"completed": 69_579, "cancelled": 80}
    assert orders_are_unique


def test_rows_alike_in_cdnow_stay_apart() -> None:
    # The first rows that are wholly alike stand in the lines 1381 and 1382.
    documents = open_own_file(real("cdnow.csv"), "quantity=cds", Reading()).documents(True)
    assert len({identifier for identifier, _ in islice(documents, 5_000)}) == 5_000


def test_online_retail_needs_no_mapping() -> None:
    summary, orders_are_unique = open_own_file(real("online_retail_ii.parquet"), "", Reading()).check()
    assert (summary.documents, summary.first, summary.last) == (44_876, date(2009, 12, 1), date(2011, 12, 9))
    # 7,901 cancellations and 6 orders of amount 0, by counting with pandas.
    assert summary.statuses == {"completed": 36_969, "cancelled": 7_907}
    assert orders_are_unique


def test_a_wrong_mapping_is_an_error_of_the_file(csv_file: CsvFile) -> None:
    with pytest.raises(InvalidFileError, match="there is no column 'Buyer' for customer"):
        import_sales(csv_file(ORDERS), "customer=Buyer")
