import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import requests
from google.api_core.exceptions import RetryError
from google.cloud.firestore import Client
from pydantic import ValidationError

from contracts.records import record_model
from generators import arguments, sales
from generators.population import Population
from generators.sales import ISO_SINCE, documents, documents_of_day

LAST = date(2026, 11, 23)
FIRST = LAST - timedelta(days=364)
SHOP = Population(2000)

Documents = list[tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def year() -> Documents:
    return list(documents(SHOP, FIRST, LAST))


@pytest.fixture(scope="module")
def spoilt_year() -> Documents:
    return list(documents(SHOP, FIRST, LAST, defects=True))


def day_of(document: dict[str, Any]) -> date:
    moment = document["sale_timestamp"]
    return (moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)).date()


def test_every_document_keeps_the_contract(year: Documents) -> None:
    for identifier, document in year:
        sale = record_model("sale").model_validate(document)
        assert sale.sale_id == identifier
        assert list(document) == list(record_model("sale").model_fields)
        assert sale.total_amount == round(sale.quantity * sale.unit_price, 2)
        assert (sale.payment_method == "card") == (sale.credit_card_last4 is not None)
        assert FIRST <= day_of(document) <= LAST


def test_identifiers_are_unique(year: Documents) -> None:
    assert len({identifier for identifier, _ in year}) == len(year)


def test_a_day_alone_is_that_day_of_the_range(year: Documents) -> None:
    day = date(2026, 3, 14)
    assert list(documents_of_day(SHOP, day)) == [pair for pair in year if day_of(pair[1]) == day]


def test_a_year_has_the_promised_size_and_mix(year: Documents) -> None:
    statuses = Counter(document["status"] for _, document in year)
    assert 20_000 <= statuses["completed"] <= 30_000
    assert statuses["completed"] / len(year) > 0.85
    assert min(statuses[status] for status in ("pending", "refunded", "cancelled")) > 100
    currencies = Counter(document["currency"] for _, document in year)
    assert currencies["EUR"] / len(year) > 0.8
    assert min(currencies["USD"], currencies["GBP"]) > 100


def test_older_documents_hold_native_timestamps_and_both_kinds_always_occur(year: Documents) -> None:
    kinds = Counter((day_of(row) >= ISO_SINCE, type(row["sale_timestamp"])) for _, row in year)
    assert kinds[False, datetime] > kinds[False, str] > 0
    assert kinds[True, str] > 10 * kinds[True, datetime] > 0


def test_recency_predicts_who_has_left(year: Documents) -> None:
    """Of the earlier buyers, a learnable share does not buy within 90 days, and recency predicts who."""
    cutoff = LAST - timedelta(days=89)
    completed = [(row["customer_id"], day_of(row)) for _, row in year if row["status"] == "completed"]
    last: dict[str, date] = {}
    for customer, day in completed:
        if day < cutoff:
            last[customer] = max(last.get(customer, day), day)
    stayed = {customer for customer, day in completed if day >= cutoff}
    gone = [(cutoff - day).days for customer, day in last.items() if customer not in stayed]
    kept = [(cutoff - day).days for customer, day in last.items() if customer in stayed]
    assert 0.25 < len(gone) / len(last) < 0.5
    pairs = sum((left > right) + 0.5 * (left == right) for left in gone for right in kept)
    assert 0.7 < pairs / (len(gone) * len(kept)) < 0.9


def test_two_in_a_thousand_are_invalid_and_break_the_contract(
    year: Documents, spoilt_year: Documents
) -> None:
    pairs = list(zip(year, spoilt_year, strict=True))
    assert all(good[0] == spoilt[0] for good, spoilt in pairs)
    spoilt = [bad for (_, good), (_, bad) in pairs if good != bad]
    assert len(spoilt) / len(year) == pytest.approx(0.002, rel=0.5)
    for document in spoilt:
        # A numeric timestamp would validate as seconds since 1970, but is neither of the two kinds.
        if isinstance(document.get("sale_timestamp"), int):
            continue
        with pytest.raises(ValidationError):
            record_model("sale").model_validate(document)


def test_every_kind_of_defect_occurs(year: Documents, spoilt_year: Documents) -> None:
    fields = Counter(
        name
        for (_, good), (_, bad) in zip(year, spoilt_year, strict=True)
        for name in good
        if bad.get(name) != good[name]
    )
    assert set(fields) == {"sale_timestamp", "total_amount", "customer_id", "sale_id", "status"}


def test_the_command_writes_the_days_into_firestore_and_again_changes_nothing(
    project: str, firestore_database: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--date", "2026-04-02", "--days", "4", "--customers", "300", "--collection", "sales_command"]
    collection = firestore_database.collection("sales_command")
    sales.main(words)
    stored = {snapshot.id: snapshot for snapshot in collection.stream()}
    expected = dict(documents(Population(300), date(2026, 3, 30), date(2026, 4, 2)))
    stamp = {name: {"updated_at": snapshot.get("updated_at")} for name, snapshot in stored.items()}
    assert {name: snapshot.to_dict() for name, snapshot in stored.items()} == {
        name: stamp[name] | fields for name, fields in expected.items()
    }
    assert (
        f"{len(expected)} sales from 2026-03-30 to 2026-04-02 are in sales_command" in capsys.readouterr().out
    )
    sales.main(words)
    again = {snapshot.id: snapshot.update_time for snapshot in collection.stream()}
    assert again == {name: snapshot.update_time for name, snapshot in stored.items()}


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        sales.main(["--help"])
    assert "\n  python -m generators.sales --date 2026-11-23\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--date", "23.11.2026"], "'23.11.2026' is not a date like 2026-11-23"),
        (["--days", "0"], "'0' is not a whole number of at least 1"),
    ],
)
def test_a_wrong_option_is_named(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        sales.main(words)
    assert message in capsys.readouterr().err


def test_a_service_that_refuses_ends_the_command_with_one_line(project: str) -> None:
    command = [sys.executable, "-m", "generators.sales", "--collection", "__reserved__"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("error", [requests.ConnectionError("no\nroute"), RetryError("no route", cause=None)])
def test_a_service_that_is_gone_ends_the_command_with_one_line(error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(SystemExit, match=r"^error: no route") as ended:
        arguments.run(fail)
    assert "\n" not in str(ended.value)
