"""Amounts in maps with what they are to be divided by, as Etsy has them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sources.conftest import Read, money


def written(folder: Path, *amounts: dict[str, Any], name: str = "grandtotal") -> Path:
    rows = (
        {"receipt_id": n, "buyer_user_id": n, "created_timestamp": 1767261600, name: amount}
        for n, amount in enumerate(amounts, start=1)
    )
    path = folder / "own.json"
    path.write_text(json.dumps({"count": len(amounts), "results": list(rows)}), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["grandtotal", "total"])
def test_an_amount_beside_a_divisor_of_100_is_in_cents(read: Read, tmp_path: Path, name: str) -> None:
    euros = {"divisor": 100, "currency_code": "EUR"}
    found, _ = read(written(tmp_path, {"amount": 1050} | euros, {"amount": 2000} | euros, name=name))
    assert (found.questions, money(found)) == ([], {"EUR": ("30.50", "0.00")})
    assert f"{name}.amount is divided by {name}.divisor: 1050 is 10.50" in found.notes


@pytest.mark.parametrize(("divisors", "code"), [((100, 1000), "EUR"), ((100, 100), "JPY"), ((10, 10), "EUR")])
def test_other_divisors_are_refused(read: Read, tmp_path: Path, divisors: tuple[int, int], code: str) -> None:
    amounts = ({"amount": 1050, "divisor": each, "currency_code": code} for each in divisors)
    path = written(tmp_path, *amounts)
    for settings in ((), ("amount.minor_units=true",), ("amount.minor_units=false",)):
        [question] = read(path, settings=settings)[0].questions
        assert "grandtotal.amount is to be divided by grandtotal.divisor" in str(question)


@pytest.mark.parametrize(("nanos", "asked"), [(500_000_000, 1), (0, 0)])
def test_units_beside_billionths_are_refused(read: Read, tmp_path: Path, nanos: int, asked: int) -> None:
    path = written(tmp_path, {"units": "10", "nanos": nanos, "currency_code": "EUR"})
    found, _ = read(path, settings=('amount.field="grandtotal.units"',))
    assert len(found.questions) == asked
    assert not asked or "grandtotal.units lacks the cents, which grandtotal.nanos has" in str(
        found.questions[0]
    )
