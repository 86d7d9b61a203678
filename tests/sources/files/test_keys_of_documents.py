"""A key that a document has twice is refused: programs read one of its values or the other."""

import json
from pathlib import Path

import pytest

from sources.errors import UnreadableError
from tests.sources.conftest import Read, money
from tests.sources.test_interfaces import order, written

ORDER = json.dumps(order(1))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (ORDER.replace('"total": 10.5', '"total": 10.5, "total": 7'), "total"),
        (ORDER.replace('"total": 10.5', '"total": 10.5, "x": {"a": 1, "b": 2, "a": 3}'), "a"),
        (ORDER.replace('"total": 10.5', '"total": 10.5, "x": [{"a": 1}, {"b": 1, "b": 2}]'), "b"),
        (ORDER.replace('"total": 10.5', '"total": 10.5, "x": {"y": [{"sku": 1, "sku": 2}]}'), "sku"),
    ],
)
@pytest.mark.parametrize("is_page", [False, True])
def test_a_key_that_is_there_twice_is_refused(
    read: Read, tmp_path: Path, text: str, key: str, *, is_page: bool
) -> None:
    path = tmp_path / "own.json"
    other = json.dumps(order(2))
    path.write_text(f'{{"orders": [{other}, {text}]}}' if is_page else f"{other}\n{text}", encoding="utf-8")
    with pytest.raises(UnreadableError, match=rf"own.json: a document has the key '{key}' twice"):
        read(path)


def test_a_list_that_is_there_twice_is_refused(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(f'{{"orders": [{ORDER}], "orders": [{ORDER}]}}', encoding="utf-8")
    with pytest.raises(UnreadableError, match="has the key 'orders' twice"):
        read(path)


def test_the_same_keys_in_another_order_are_read_alike(read: Read, tmp_path: Path) -> None:
    path = written(tmp_path, order(1), dict(reversed(order(2).items())))
    assert money(read(path)[0]) == {"EUR": ("31.50", "0.00")}
