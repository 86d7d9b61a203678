"""Each preset is recognised, and a sample in its documented format gives figures counted by hand."""

import json
from datetime import date
from pathlib import Path

import pytest

from sources.mapping import presets
from tests.sources.conftest import SAMPLES, Read, money

# Counted by hand: (revenue, refunded) by currency, lines, orders, customers, last day.
COUNTED: dict[str, tuple[dict[str, tuple[str, str]], int, int, int, date]] = {
    "shopify": ({"GBP": ("105.49", "18.00")}, 6, 4, 3, date(2026, 4, 1)),
    "woocommerce": ({"EUR": ("100.00", "30.00")}, 4, 4, 3, date(2026, 1, 4)),
    "magento": ({"EUR": ("1130.00", "10.00")}, 4, 4, 3, date(2026, 3, 9)),
    "amazon": ({"EUR": ("37.00", "4.00")}, 5, 4, 2, date(2026, 1, 5)),
    "stripe": ({"EUR": ("1210.00", "60.00")}, 5, 5, 4, date(2026, 1, 5)),
    "stripe_payments": ({"USD": ("19.40", "0.00"), "GBP": ("0.00", "40.00")}, 5, 5, 4, date(2026, 1, 5)),
    "stripe_api": ({"JPY": ("3000.00", "0.00"), "EUR": ("120.00", "20.00")}, 5, 5, 4, date(2026, 1, 5)),
    "square": ({"USD": ("1070.00", "8.00")}, 4, 3, 2, date(2026, 3, 7)),
    "olist": ({"BRL": ("150.00", "0.00")}, 5, 5, 3, date(2018, 1, 5)),
    "ga4": ({"EUR": ("25.00", "0.00"), "USD": ("7.50", "0.00")}, 3, 2, 2, date(2026, 1, 7)),
    "shopify_api": ({"EUR": ("64.00", "10.00")}, 5, 4, 3, date(2026, 3, 4)),
    "woocommerce_api": ({"EUR": ("34.00", "20.00")}, 5, 4, 4, date(2026, 1, 4)),
    "square_api": ({"USD": ("25.50", "7.00")}, 4, 4, 3, date(2026, 1, 4)),
    "firebase": ({"EUR": ("35.50", "7.00")}, 5, 4, 3, date(2026, 3, 31)),
}


def sample(name: str) -> Path:
    """Return the sample of a preset."""
    (path,) = SAMPLES.glob(f"{name}.*")
    return path


def test_every_preset_has_a_sample() -> None:
    assert set(COUNTED) == set(presets())


@pytest.mark.parametrize("name", COUNTED)
def test_a_sample_is_recognised_and_read(name: str, read: Read) -> None:
    found, sales = read(sample(name))
    expected, lines, orders, customers, last = COUNTED[name]
    assert found.how == f"as {name}, by its columns"
    assert money(found) == expected
    assert found.figures is not None
    figures = (found.figures.lines, found.figures.orders, found.figures.customers, found.figures.last)
    assert figures == (lines, orders, customers, last)
    assert len(sales) == lines == len({sale["sale_id"] for sale in sales})


def test_a_refund_is_shared_among_an_orders_lines_to_the_cent(read: Read) -> None:
    _, sales = read(sample("shopify"))
    shared = [sale for sale in sales if sale["order_id"] == "#2"]
    # 30.01 of 90.00 was refunded; two thirds of it belong to the lamp.
    assert [(sale["total_amount"], sale["refunded_amount"], sale["status"]) for sale in shared] == [
        (39.99, 20.01, "completed"),
        (20.0, 10.0, "completed"),
    ]


def test_thousands_of_documents_with_lists_fit_into_memory(read: Read, tmp_path: Path) -> None:
    [order, *_] = json.loads(sample("woocommerce_api").read_text(encoding="utf-8"))
    path = tmp_path / "orders.json"
    path.write_text(
        json.dumps([order | {"id": number, "note": "x" * 400} for number in range(3000)]), encoding="utf-8"
    )
    found, _ = read(path)
    assert money(found) == {"EUR": ("72000.00", "0.00")}  # 24.00 each


def test_an_email_address_is_only_output_as_a_hash(read: Read) -> None:
    _, sales = read(sample("shopify"))
    assert not any("@" in str(value) for sale in sales for value in sale.values())
    assert {sale["customer_id"] for sale in sales if sale["order_id"] == "#1"} == {
        sales[0]["contact_email_hashed"]
    }


def test_a_first_line_names_the_schema() -> None:
    for path in sorted(Path("sources/presets").glob("*.yaml")):
        first, *_ = path.read_text(encoding="utf-8").splitlines()
        assert first == "# yaml-language-server: $schema=../mapping.schema.json"
