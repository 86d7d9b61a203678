"""An import replaces its source's earlier import, and nothing else."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from google.cloud.firestore import Client

from components.shared.clients import firestore_client
from generators.own_import import Imported, Target, import_sales, write_identifiers
from generators.own_reading import CheckedSales, Counts
from localcloud.endpoints import Endpoints
from tests.faults.calls import Call, Calls, Trap
from tests.faults.fault import Fault
from tests.faults.grpc_proxy import grpc_proxy
from tests.faults.killing import Killer

Rows = list[tuple[str, str, str]]  # id, day, currency
COLUMNS = "sale_id varchar, sale_timestamp timestamptz, currency varchar, total_amount decimal(18, 2)"


@pytest.fixture
def kept(tmp_path: Path) -> Callable[..., CheckedSales]:
    """Return a function that makes the checked sales of a source."""

    def keep(rows: Rows, source: str = "shop") -> CheckedSales:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.parquet"
        with duckdb.connect() as con:
            con.execute(f"create table sales ({COLUMNS})")
            for name, day, currency in rows:
                moment = datetime.fromisoformat(f"{day}T10:00:00+02:00")
                con.execute(
                    "insert into sales values (?, ?, ?, ?)", [name, moment, currency, Decimal("12.50")]
                )
            con.execute(f"copy sales to '{file}'")
        days = sorted(date.fromisoformat(day) for _, day, _ in rows)
        counts = Counts(len(rows), len(rows), 0, 0)
        return CheckedSales(file, source, days[0], days[-1], counts, "digest", "reading")

    return keep


def never(count: int, first: date) -> bool:
    raise AssertionError(f"asked about {count} of before {first}")


def stored(client: Client, collection: str) -> dict[str, dict[str, Any]]:
    return {snapshot.id: snapshot.to_dict() or {} for snapshot in client.collection(collection).stream()}


def test_sales_become_documents_that_name_their_source(
    firestore_database: Client, kept: Callable[..., CheckedSales]
) -> None:
    target = Target(firestore_database, "own_first", 10_000)
    assert import_sales(kept([("a", "2026-01-05", "EUR")]), target, never) == Imported(written=1)
    found = stored(firestore_database, "own_first")
    assert isinstance(found["a"].pop("updated_at"), datetime)
    assert found == {
        "a": {
            "sale_id": "a",
            "sale_timestamp": "2026-01-05T08:00:00Z",
            "currency": "EUR",
            "total_amount": 12.5,
            "source": "shop",
        }
    }


def test_an_import_replaces_the_same_source_whatever_its_ids_were(
    firestore_database: Client, kept: Callable[..., CheckedSales]
) -> None:
    target = Target(firestore_database, "own_again", 10_000)
    firestore_database.document("own_again/mine").set({"sale_id": "mine", "sale_timestamp": "2026-01-06"})
    import_sales(kept([("z", "2026-01-05", "USD")], "other"), target, never)
    import_sales(kept([("a", "2026-01-05", "EUR"), ("b", "2026-01-06", "EUR")]), target, never)
    done = import_sales(kept([("c", "2026-01-05", "GBP"), ("b", "2026-01-06", "GBP")]), target, never)
    assert done == Imported(written=2, deleted=1)
    assert {name: row.get("currency") for name, row in stored(firestore_database, "own_again").items()} == {
        "b": "GBP",
        "c": "GBP",
        "z": "USD",
        "mine": None,
    }


@pytest.mark.parametrize(("replace", "left"), [(False, {"a", "c", "d"}), (True, {"c", "d"})])
def test_sales_older_than_a_shorter_export_are_asked_about(
    firestore_database: Client, kept: Callable[..., CheckedSales], replace: bool, left: set[str]
) -> None:
    collection = f"own_rolling_{replace}"
    target = Target(firestore_database, collection, 10_000)
    whole = [("a", "2026-01-05", "EUR"), ("b", "2026-02-06", "EUR"), ("c", "2026-02-07", "EUR")]
    import_sales(kept(whole), target, never)
    asked: list[tuple[int, date]] = []

    def ask(count: int, first: date) -> bool:
        asked.append((count, first))
        return replace

    # b was cancelled and is no longer in the export, which begins on its day.
    rolling = [("c", "2026-02-07", "GBP"), ("d", "2026-02-06", "EUR")]
    done = import_sales(kept(rolling), target, ask)
    assert asked == [(1, date(2026, 2, 6))]
    assert (done.deleted, done.kept) == ((2, 0) if replace else (1, 1))
    assert set(stored(firestore_database, collection)) == left


def test_an_earlier_misreading_of_a_file_is_deleted_though_older(
    firestore_database: Client, kept: Callable[..., CheckedSales], tmp_path: Path
) -> None:
    """An instant read in another time zone gets another id, and the first day may differ too."""
    target = Target(firestore_database, "own_misread", 10_000)
    import_sales(kept([("old", "2025-01-01", "EUR")]), target, never)
    wrong = kept([("a-utc", "2026-01-01", "EUR"), ("b-utc", "2026-01-02", "EUR")])
    import_sales(wrong, target, lambda _count, _first: False)
    write_identifiers(wrong, tmp_path / "identifiers.parquet")
    right = kept([("a", "2026-01-02", "EUR"), ("b", "2026-01-02", "EUR")])
    done = import_sales(right, target, lambda _count, _first: False, tmp_path / "identifiers.parquet")
    assert done == Imported(written=2, deleted=2, kept=1)
    assert set(stored(firestore_database, "own_misread")) == {"a", "b", "old"}


def test_the_import_is_summarised() -> None:
    assert str(Imported(7_700, 5_000, 1_200)) == (
        "7,700 sales written, 5,000 of the source's earlier import deleted, "
        "1,200 older ones kept (--replace deletes them)"
    )


def test_earlier_sales_are_read_to_the_end_though_the_stream_breaks_off(
    cloud: Endpoints, kept: Callable[..., CheckedSales], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", cloud.address("firestore"))
    target = Target(firestore_client(cloud.project), "own_broken", 10_000)
    first = [(f"a{number}", "2026-01-05", "EUR") for number in range(9)]
    import_sales(kept(first), target, never)
    calls = Calls("nobody", Trap(Call("firestore", "RPC RunQuery", 1), Fault.HALF))
    with grpc_proxy("firestore", cloud.address("firestore"), calls, Killer()) as address:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", address)
        broken = Target(firestore_client(cloud.project), "own_broken", 10_000)
        done = import_sales(kept([("b", "2026-01-05", "EUR")]), broken, never)
    assert (done, calls.met) == (Imported(written=1, deleted=9), 1)
