"""An export from a change log finds what a scan finds, without Firestore, and says what it cannot tell."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1.services.firestore import FirestoreClient

from components.export_sales.passes import OVERLAP
from components.shared.clients import bigquery_client, firestore_client, storage_client
from tests.components.export_sales.change_logs import EPOCH, SOLD, Logged
from tests.components.export_sales.test_changes import DAYS, Stamped, versions
from tests.components.export_sales.test_export_sales import PROJECT, counts


@pytest.fixture(scope="module")
def services(cloud: Any) -> tuple[Any, ...]:
    return firestore_client(PROJECT), storage_client(PROJECT), bigquery_client(PROJECT, "US")


@pytest.fixture
def shop(services: tuple[Any, ...], request: pytest.FixtureRequest) -> Iterator[Logged]:
    firestore, storage, client = services
    name = "".join(each for each in request.node.name.replace("_", "-") if each.isalnum() or each == "-")
    yield Logged(firestore, storage.create_bucket(f"log-{name[-40:].strip('-').lower()}"), client)


def test_all_three_modes_give_the_same_history(shop: Logged, services: tuple[Any, ...]) -> None:
    """One history, exported each day in every mode: bronze and the exports' counts are the same."""
    firestore, storage, _ = services
    others = [Stamped(firestore, storage.create_bucket(f"{shop.bucket.name}-{way}")) for way in ("s", "c")]
    scanned, changed = others
    scanned.sales = changed.sales = shop.sales
    long_ago = datetime.now(UTC) - OVERLAP - timedelta(hours=1)
    history: list[Callable[[], object]] = [
        lambda: shop.stamp(*(f"s{number:02}" for number in range(30)), "b", updated_at=long_ago),
        lambda: shop.stamp("b", "new", quantity=2),
        lambda: [shop.stamp("b", quantity=1e300), shop.stamp("é", "z__x", "\U0001f600", "\uffff")],
        lambda: [shop.delete("s07"), shop.stamp("s08", quantity=4)],
        lambda: shop.stamp("s07", quantity=5),
        lambda: [shop.delete("s07", "s09"), shop.stamp("s07", quantity=6), shop.stamp("s07", quantity=7)],
        lambda: [shop.stamp("brief"), shop.delete("brief"), shop.stamp("s01", quantity=8)],
        lambda: None,
        lambda: shop.stamp("s01", sale_timestamp=datetime(2021, 5, 6, 7, 8, 9, 123456, UTC)),
    ]
    logs, scans, changes = [], [], []
    for day, happens in zip(DAYS, history, strict=False):
        happens()
        logs.append(shop.export_log(day))
        scans.append(scanned.export(day))
        changes.append(changed.export_changes(day))
    assert [counts(each) for each in logs] == [counts(each) for each in scans]
    assert [counts(each) for each in changes] == [counts(each) for each in scans]
    assert [day for day, each in enumerate(logs) if each.full_pass] == [0, 7]
    assert bronze(shop) == bronze(scanned) == bronze(changed)
    assert len(bronze(shop)) == 31 + 2 + 5 + 2 + 1 + 2 + 1 + 0 + 1


def bronze(shop: Any) -> list[dict[str, Any]]:
    """Return the rows of bronze without the times that an event may not tell."""
    rows = [row | {"create_time": None} for row in versions(shop)]
    return [row | {"update_time": None} if row["is_deleted"] else row for row in rows]


def test_firestore_is_never_asked(shop: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.stamp("a", "b")
    shop.export_log(DAYS[0])
    shop.stamp("a", quantity=2)
    shop.delete("b")
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("Firestore was asked")

    for name in ("run_query", "run_aggregation_query", "batch_get_documents", "partition_query", "__init__"):
        monkeypatch.setattr(FirestoreClient, name, refuse)
    found = [shop.export_log(day) for day in (DAYS[1], DAYS[8])]
    assert [(each.documents_read, bool(each.full_pass)) for each in found] == [(0, False), (0, True)]
    assert [counts(each) for each in found] == [(1, 0, 1, 1, 0, 0, 2), (1, 0, 0, 0, 1, 0, 0)]


def test_late_events_are_found_and_known_from_then_on(shop: Logged) -> None:
    shop.stamp("a", "b")
    first = shop.export_log(DAYS[0])
    made = datetime.fromisoformat(shop.newest()["read_time"]) - timedelta(hours=1)
    shop.write("late", sale_timestamp=SOLD)
    shop.put(shop.event("late", "CREATE", made))
    shop.put(shop.event("a", "DELETE", made, None))  # older than what is known about it
    assert (counts(first), counts(shop.export_log(DAYS[1]))) == (
        (2, 2, 0, 0, 0, 0, 2),
        (3, 1, 0, 0, 2, 0, 1),
    )
    known = {row["document_id"]: row["known_from"] for row in shop.rows()}
    assert known["late"] == datetime.fromisoformat(shop.newest()["read_time"])
    assert counts(shop.export_log(DAYS[2])) == (3, 0, 0, 0, 3, 0, 0)


def test_events_later_than_the_overlap_are_found_by_the_full_pass(shop: Logged) -> None:
    shop.stamp("a")
    shop.export_log(DAYS[0])
    shop.write("late", sale_timestamp=SOLD)
    shop.put(shop.event("late", "CREATE", datetime.now(UTC) - OVERLAP - timedelta(hours=1)))
    assert counts(shop.export_log(DAYS[1])) == (1, 0, 0, 0, 1, 0, 0)
    found = shop.export_log(DAYS[7])
    assert (counts(found), "full_pass_days=7" in found.full_pass) == ((2, 1, 0, 0, 1, 0, 1), True)


def test_an_event_that_is_delivered_twice_counts_once(shop: Logged) -> None:
    moment = shop.stamp("a")
    shop.put(shop.event("a", "CREATE", moment), shop.event("a", "CREATE", moment))
    assert counts(shop.export_log(DAYS[0])) == (1, 1, 0, 0, 0, 0, 1)
    moment = shop.stamp("a", quantity=2)
    shop.put(shop.event("a", "UPDATE", moment))
    assert counts(shop.export_log(DAYS[1])) == (1, 0, 1, 0, 0, 0, 1)
    shop.put(shop.event("a", "UPDATE", moment))  # after it was exported
    assert counts(shop.export_log(DAYS[2])) == (1, 0, 0, 0, 1, 0, 0)


def test_imports_are_history_and_later_changes_take_precedence(shop: Logged) -> None:
    """Older versions of the import date an import to 1970, later ones to when it was written."""
    shop.write("old", "newer", "same", sale_timestamp=SOLD)
    imports = [shop.event(each, "IMPORT", EPOCH) for each in ("old", "newer", "same")]
    shop.there |= {"old", "newer", "same"}
    changed = shop.stamp("newer", quantity=2)
    shop.put(*imports, *(shop.event(each, "IMPORT", changed) for each in ("old", "same")))
    shop.put(shop.event("newer", "IMPORT", changed + timedelta(minutes=1), imports[1]["data"]))
    assert counts(shop.export_log(DAYS[0])) == (3, 3, 0, 0, 0, 0, 3)
    assert {row["document_id"]: row["quantity"] for row in shop.rows()} == {"old": 1, "newer": 2, "same": 1}
    assert {row["known_from"] for row in shop.rows()} == {datetime.fromisoformat(SOLD)}
    assert counts(shop.export_log(DAYS[1])) == (3, 0, 0, 0, 3, 0, 0)
    assert shop.newest()["mode"] == "changelog"


def test_a_later_import_brings_the_full_pass_forward(shop: Logged) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=2)
    shop.write("a", "b", "c", sale_timestamp=SOLD)
    shop.put(*(shop.event(each, "CREATE", long_ago) for each in "abc"))
    shop.export_log(DAYS[0])
    shop.write("b", quantity=7, sale_timestamp=SOLD)
    shop.write("d", sale_timestamp=SOLD)
    shop.put(*(shop.event(each, "IMPORT", datetime.now(UTC)) for each in "abcd"))
    found = shop.export_log(DAYS[1])
    assert "documents were imported into" in found.full_pass
    assert counts(found) == (4, 1, 1, 0, 2, 0, 2)  # an import that says what is known already changes nothing
    again = shop.export_log(DAYS[2])
    assert (again.full_pass, counts(again)) == ("", (4, 0, 0, 0, 4, 0, 0))


def test_different_states_at_one_time_are_a_reject(shop: Logged) -> None:
    moment = shop.stamp("a", "b")
    shop.put(shop.event("b", "CREATE", moment, '{"sale_id": "b"}'))
    found = shop.export_log(DAYS[0])
    assert found.rejects == 1
    assert reasons(shop) == ["the change log has different states of it at the same time"]
    assert counts(shop.export_log(DAYS[7])) == (2, 0, 0, 0, 2, 0, 0)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"refunded_amount": float("nan")},
            "refunded_amount is null in the change log, which writes",
        ),
        ({"quantity": 2**53 + 2}, "quantity is a whole number too large to be exact in the change log"),
        ({"unit_price": 1e16}, "unit_price is a whole number too large to be exact"),
        ({"customer_id": b"c"}, "customer_id is missing"),
        ({"quantity": 1.5}, "quantity is not a whole number"),
    ],
)
def test_a_value_that_a_log_cannot_restore_is_a_reject(
    shop: Logged, fields: dict[str, Any], reason: str
) -> None:
    shop.stamp("a")
    shop.stamp("b", **fields)
    assert (shop.export_log(DAYS[0]).rejects, reasons(shop)[0][: len(reason)]) == (1, reason)


def test_invalid_documents_are_kept_as_rejects(shop: Logged) -> None:
    moment = shop.stamp("a")
    texts = [None, "no JSON", "[1]", '{"quantity": NaN}', '{"customer_id": "\\ud800"}']
    shop.put(*(shop.event(f"b{place}", "CREATE", moment, text) for place, text in enumerate(texts)))
    assert shop.export_log(DAYS[0]).rejects == len(texts)
    assert all(reason.startswith("the change log holds no valid document: ") for reason in reasons(shop))
    assert [each["data"] for each in rejects(shop)] == ["", *texts[1:]]


def rejects(shop: Logged) -> list[dict[str, Any]]:
    [name] = shop.names("sales_rejects/export")
    return [json.loads(line) for line in shop.bucket.blob(name).download_as_text().splitlines()]


def reasons(shop: Logged) -> list[str]:
    return [each["reason"] for each in rejects(shop)]
