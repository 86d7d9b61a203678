"""Mappings are typed: each error in one is named, with the nearest known key."""

from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from sources.mapping import (
    BadMappingError,
    as_data,
    as_yaml,
    load,
    parse,
    preset,
    presets,
    read,
    recognise_preset,
    with_settings,
)

PLAIN: dict[str, Any] = {
    "name": "plain",
    "row": "order",
    "amount": {"field": "total", "means": "order_total"},
    "customer": {"fields": ["who"]},
    "time": {"field": "at"},
}


def models_of(annotation: Any) -> list[type[BaseModel]]:
    """Return the mapping models that a type annotation contains."""
    own = [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []
    return [*own, *(model for each in get_args(annotation) for model in models_of(each))]


WRONG = [
    ({"amont": 1}, "amont is not a key; did you mean amount?"),
    (
        {"returns": {"refunded": {"field": "r", "off": "order"}}},
        "returns.refunded.off is not a key; did you mean returns.refunded.of?",
    ),
    ({"keep": [{"feld": "x", "words": ["y"]}]}, "keep.0.feld is not a key; did you mean keep.0.field?"),
    ({"time": {"field": "at", "zon": "UTC"}}, "time.zon is not a key; did you mean time.zone?"),
    ({"row": "lines"}, "row: Input should be 'order' or 'line'"),
    ({"time": {"field": "at", "zone": "Berlin"}}, "'Berlin' is not a time zone"),
    ({"currency": {"default": "EUX"}}, "EUX is not a currency in use"),
    ({"amount": {"field": "t", "means": "order_total_repeated"}}, "needs `order`"),
    ({"row": "line"}, "did you mean order_total_repeated?"),
    ({"product": "items[].sku"}, "its list is not `items`"),
    ({"currency": {"field": "prices[].currency"}}, "its list is not `items`"),
    ({"returns": {"refunded": {"field": "refunds[].parts[kind=all].amount"}}}, "its list is not `items`"),
    ({"source": {"kind": "firestore"}}, "needs a collection"),
    ({"source": {"kind": "bigquery", "table": "a", "query": "b"}}, "needs a table or a query"),
]


@pytest.mark.parametrize(("changes", "told"), WRONG)
def test_what_is_wrong_is_named(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(BadMappingError) as error:
        parse(PLAIN | changes, "own.yaml")
    assert str(error.value).startswith("own.yaml: ")
    assert told in str(error.value)


def test_yaml_keywords_stay_text() -> None:
    text = as_yaml(parse(PLAIN, "x")) + "keep: [{field: paid, words: [no, 0, true]}]\nquantity: ~\n"
    found = read(text, "own.yaml")
    assert found.keep[0].words == ["no", "0", "true"]
    assert found.quantity is None


@pytest.mark.parametrize("text", ["- a", "a: [", "just words"])
def test_text_that_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(BadMappingError, match=r"own\.yaml"):
        read(text, "own.yaml")


def test_a_mapping_is_written_and_read_again(tmp_path: Path) -> None:
    for name, mapping in presets().items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(as_yaml(mapping), encoding="utf-8")
        assert load(path) == mapping


def test_settings_change_unset_and_list_values() -> None:
    told = [
        "time.formats=[%d/%m/%Y, %Y]",
        "customer.nobody=0",
        "amount.minor_units=true",
        "time.until=2026-01-31",
    ]
    found = parse(with_settings(PLAIN | {"quantity": "pieces"}, [*told, "quantity=null"]), "x")
    assert found.time.formats == ["%d/%m/%Y", "%Y"]
    assert (found.customer.nobody, found.amount.minor_units, found.quantity) == (["0"], True, None)
    assert str(found.time.until) == "2026-01-31"
    assert as_data(found)["customer"] == {"fields": ["who"], "nobody": ["0"]}


@pytest.mark.parametrize("setting", ["amount.means", "=x", "a b=c"])
def test_an_invalid_setting_is_refused(setting: str) -> None:
    with pytest.raises(BadMappingError, match=r"write it like amount\.means=line_total"):
        with_settings(PLAIN, [setting])


def test_presets_are_recognised_by_their_columns() -> None:
    for name, mapping in presets().items():
        found = recognise_preset([*mapping.recognise, "another"])
        assert found is not None and found.name == name
    assert recognise_preset(["order_id", "total"]) is None
    with pytest.raises(BadMappingError, match="choose from amazon, firebase"):
        preset("shopware")


def test_the_currencies_are_the_warehouse_s() -> None:
    from sources.meaning.currencies import CODES

    text = Path("dataform/includes/currencies.js").read_text(encoding="utf-8")
    assert set(text.split("`")[1].split()) == CODES
