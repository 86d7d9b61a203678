"""Rows that are versions of one order, and rows that are parts of a bundle, would count twice."""

import json
from pathlib import Path

import pytest

from tests.sources.conftest import Read, money


@pytest.mark.parametrize(
    ("column", "first", "second", "other"),
    [
        *(("version", "1", "2", "1"), ("Revision", "0", "1", "0"), ("order_version", "1", "2", "1")),
        ("valid_to", "2026-01-14", "", ""),
        ("dbt_valid_from", "2026-01-13", "2026-01-14", "2026-01-15"),
    ],
)
def test_versions_of_an_order_are_asked_about(
    column: str, first: str, second: str, other: str, read: Read
) -> None:
    rows = f"1,a,2026-01-13,100.00,{first}\n1,a,2026-01-13,130.00,{second}\n2,b,2026-01-15,50.00,{other}\n"
    table = f"order,customer,date,total,{column}\n{rows}"
    [question] = read(table)[0].questions
    assert f"{column} differs between the rows of 1 orders" in str(question)
    answers = [money(read(table, settings=option)[0]) for option in question.options]
    assert answers == [{"EUR": ("180.00", "0.00")}, {"EUR": ("280.00", "0.00")}]


def test_a_version_that_is_the_orders_own_is_not_asked_about(read: Read) -> None:
    rows = "1,a,2026-01-13,100.00,2\n1,a,2026-01-13,130.00,2\n2,b,2026-01-15,50.00,3\n"
    found, _ = read(f"order,customer,date,amount,version\n{rows}")
    assert (found.questions, money(found)) == ([], {"EUR": ("280.00", "0.00")})


@pytest.mark.parametrize(
    ("column", "bundle", "part", "single"),
    [
        *(("parent_item_id", "", "1", ""), ("Parent line", "0", "1", "0"), ("bundle id", "", "B", "")),
        *(("item type", "bundle", "component", "simple"), ("Kind", "Set", "Bundle item", "Single")),
    ],
)
def test_parts_of_a_bundle_are_asked_about(
    column: str, bundle: str, part: str, single: str, read: Read
) -> None:
    lines = [("B", 100, bundle), ("x", 60, part), ("y", 40, part)]
    rows = "".join(f"1,a,2026-01-13,{sku},1,{price}.00,{kind}\n" for sku, price, kind in lines)
    table = f"order,customer,date,sku,qty,price,{column}\n{rows}2,b,2026-01-14,z,1,50.00,{single}\n"
    [question] = read(table)[0].questions
    assert "are they parts of a bundle, and in its price?" in str(question)
    answers = [money(read(table, settings=option)[0]) for option in question.options]
    assert answers == [{"EUR": ("150.00", "0.00")}, {"EUR": ("250.00", "0.00")}]


def test_parts_without_a_price_are_not_asked_about(read: Read) -> None:
    rows = "1,a,2026-01-13,B,1,100.00,\n1,a,2026-01-13,x,1,0.00,B\n2,b,2026-01-14,z,1,50.00,\n"
    found, _ = read(f"order,customer,date,sku,qty,price,bundle id\n{rows}")
    assert (found.questions, money(found)) == ([], {"EUR": ("150.00", "0.00")})


def test_parts_in_a_list_of_items_are_asked_about(read: Read, tmp_path: Path) -> None:
    items = [("l1", 10, None), ("l2", 6, "l1"), ("l3", 4, "l1")]
    lines = [{"id": own, "price": price, "parent_id": parent} for own, price, parent in items]
    path = tmp_path / "own.json"
    order = {"id": 1, "customer": "a", "created_at": "2026-01-13", "items": lines}
    path.write_text(json.dumps([order]), encoding="utf-8")
    [lists] = read(path)[0].questions
    [question] = read(path, settings=lists.options[0])[0].questions
    answers = [money(read(path, settings=(*lists.options[0], *each))[0]) for each in question.options]
    assert answers == [{"EUR": ("10.00", "0.00")}, {"EUR": ("20.00", "0.00")}]
