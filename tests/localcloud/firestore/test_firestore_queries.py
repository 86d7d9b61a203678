"""Queries through Google's client: filters, order across types, cursors, projections, aggregations."""

import math
from datetime import UTC, datetime

import pytest
from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore import And, FieldFilter, Or

# In Firestore's order of types; each key is the id of the document that holds the value.
TYPES = {
    "null": None,
    "false": False,
    "true": True,
    "nan": math.nan,
    "small": -1.5,
    "integer": 1,
    "double": 1.25,
    "time": datetime(2020, 1, 1, tzinfo=UTC),
    "text": "2019-12-31T00:00:00Z",
    "bytes": b"\x01",
    "reference": "customers/c-1",
    "point": firestore.GeoPoint(1, 2),
    "array": [1, 2],
    "map": {"a": 1},
}


@pytest.fixture
def types(client):
    """Return a collection with a document for every type, and one without the field v."""
    batch = client.batch()
    for name, value in reversed(TYPES.items()):
        value = client.document(value) if name == "reference" else value
        batch.set(client.document(f"types/{name}"), {"v": value})
    batch.set(client.document("types/missing"), {"w": 1})
    batch.commit()
    return client.collection("types")


@pytest.fixture
def numbers(client):
    """Return a collection of ten documents: n from 0 to 9, and m = n % 3."""
    batch = client.batch()
    for n in range(10):
        batch.set(client.document(f"numbers/id-{n}"), {"n": n, "m": n % 3, "deep": {"n": -n}})
    batch.commit()
    return client.collection("numbers")


def ids(query) -> list[str]:
    return [snapshot.id for snapshot in query.stream()]


def ns(query) -> list[int]:
    return [snapshot.get("n") for snapshot in query.stream()]


def test_types_sort_in_a_fixed_order(types):
    assert ids(types.order_by("v")) == list(TYPES)
    assert ids(types.order_by("v", direction="DESCENDING")) == list(reversed(TYPES))


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        ("==", None, ["null"]),
        ("==", math.nan, ["nan"]),
        ("==", 1.0, ["integer"]),
        (">", 0, ["integer", "double"]),
        ("<", 1, ["small"]),
        (">=", datetime(2019, 1, 1, tzinfo=UTC), ["time"]),
        (">=", "2019", ["text"]),
        ("<=", True, ["false", "true"]),
        ("!=", None, [name for name in TYPES if name != "null"]),
        ("!=", math.nan, [name for name in TYPES if name not in ("null", "nan")]),
        ("!=", 1, [name for name in TYPES if name not in ("null", "integer")]),
        ("in", [1, 1.25, None], ["double", "integer"]),
        ("not-in", [1, True], [name for name in TYPES if name not in ("null", "integer", "true")]),
        ("not-in", [1, None], []),
        ("array_contains", 2, ["array"]),
        ("array_contains_any", [5, 1], ["array"]),
        ("==", {"a": 1}, ["map"]),
        ("==", [1, 2], ["array"]),
    ],
)
def test_a_filter_compares_within_a_type(types, operator, value, found):
    assert ids(types.where(filter=FieldFilter("v", operator, value))) == found


def test_filters_combine(numbers):
    both = And([FieldFilter("n", ">", 2), FieldFilter("m", "==", 0)])
    assert ns(numbers.where(filter=both)) == [3, 6, 9]
    either = Or([FieldFilter("n", "==", 1), FieldFilter("m", "==", 2)])
    assert ns(numbers.where(filter=either)) == [1, 2, 5, 8]
    assert ns(numbers.where(filter=FieldFilter("deep.n", "<=", -8))) == [9, 8]


def test_an_inequality_also_orders(numbers):
    assert ns(numbers.where(filter=FieldFilter("m", ">=", 1))) == [1, 4, 7, 2, 5, 8]
    descending = numbers.where(filter=FieldFilter("m", ">=", 1)).order_by("m", direction="DESCENDING")
    assert ns(descending) == [8, 5, 2, 7, 4, 1]


def test_orders_offset_and_limits(numbers):
    query = numbers.order_by("m").order_by("n", direction="DESCENDING")
    assert ns(query) == [9, 6, 3, 0, 7, 4, 1, 8, 5, 2]
    assert ns(query.offset(2).limit(3)) == [3, 0, 7]
    assert [s.get("n") for s in query.limit_to_last(2).get()] == [5, 2]
    assert ns(query.limit(0)) == []


def test_cursors_by_value_and_by_snapshot(numbers):
    query = numbers.order_by("m").order_by("n")
    assert ns(query.start_at({"m": 1, "n": 4})) == [4, 7, 2, 5, 8]
    assert ns(query.start_after({"m": 1, "n": 4})) == [7, 2, 5, 8]
    assert ns(query.end_at({"m": 1})) == [0, 3, 6, 9, 1, 4, 7]
    assert ns(query.end_before({"m": 1})) == [0, 3, 6, 9]
    snapshot = numbers.document("id-7").get()
    assert ns(query.start_after(snapshot)) == [2, 5, 8]


def test_cursors_in_descending_order(numbers):
    query = numbers.order_by("n", direction="DESCENDING")
    assert ns(query.start_after({"n": 4}).end_at({"n": 2})) == [3, 2]


def test_paging_by_cursor_ends(numbers):
    pages, query = [], numbers.order_by("__name__").limit(4)
    while page := query.get():
        pages.append([snapshot.get("n") for snapshot in page])
        query = numbers.order_by("__name__").limit(4).start_after(page[-1])
    assert pages == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_name_ranges(numbers):
    low, high = numbers.document("id-3"), numbers.document("id-6")
    assert ns(numbers.order_by("__name__").start_at({"__name__": low}).end_before({"__name__": high})) == [
        3,
        4,
        5,
    ]
    assert ns(numbers.order_by("__name__").start_after({"__name__": low}).end_at({"__name__": high})) == [
        4,
        5,
        6,
    ]
    assert ns(numbers.where(filter=FieldFilter("__name__", ">", low)).limit(2)) == [4, 5]
    assert ns(numbers.where(filter=FieldFilter("__name__", "in", [high, low]))) == [3, 6]


def test_select_leaves_the_other_fields_out(numbers):
    query = numbers.select(["deep.n", "m"]).limit(2)
    assert [s.to_dict() for s in query.stream()] == [{"deep": {"n": 0}, "m": 0}, {"deep": {"n": -1}, "m": 1}]
    only_names = list(numbers.select([]).stream())
    assert [s.to_dict() for s in only_names] == [{}] * 10
    assert [s.id for s in only_names] == [f"id-{n}" for n in range(10)]


def test_a_collection_group_spans_parents_in_the_order_of_names(client):
    for name in ("a/1/kids/x", "a b/1/kids/y", "a/2/kids/w", "kids/z", "a/1/other/v"):
        client.document(name).set({"n": 1})
    found = [s.reference.path for s in client.collection_group("kids").stream()]
    assert found == ["a/1/kids/x", "a/2/kids/w", "a b/1/kids/y", "kids/z"]
    assert ids(client.document("a/1").collection("kids")) == ["x"]


def test_aggregations(client, numbers):
    query = numbers.where(filter=FieldFilter("n", ">=", 4))
    results = query.sum("n", alias="sum").avg("n", alias="avg").count(alias="count").get()[0]
    assert {result.alias: result.value for result in results} == {"sum": 39, "avg": 6.5, "count": 6}
    assert numbers.limit(3).count().get()[0][0].value == 3
    assert client.collection("none").count().get()[0][0].value == 0


def test_aggregations_count_only_documents_with_all_the_fields(types):
    results = types.where(filter=FieldFilter("v", ">=", 0)).sum("v", alias="sum").count(alias="count").get()
    assert {result.alias: result.value for result in results[0]} == {"sum": 2.25, "count": 2}
    results = types.sum("w", alias="sum").count(alias="count").get()
    assert {result.alias: result.value for result in results[0]} == {"sum": 1, "count": 1}


def test_an_empty_result_still_has_a_read_time(client):
    request = {
        "parent": f"{client._database_string}/documents",
        "structured_query": {"from_": [{"collection_id": "none"}]},
    }
    (response,) = client._firestore_api.run_query(request)
    assert response.read_time is not None
    assert not response.document.name


def test_invalid_queries_are_refused(numbers):
    with pytest.raises(exceptions.InvalidArgument):
        ids(numbers.limit(-1))
    with pytest.raises(exceptions.InvalidArgument):
        ids(numbers.where(filter=FieldFilter("n", "in", [])))
