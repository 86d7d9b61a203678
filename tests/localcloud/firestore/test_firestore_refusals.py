"""What Firestore refuses, and with which code; sent as raw messages, since Google's client would fix some.

The rules are documented with the fields in google/firestore/v1/query.proto and in Firestore's limits.
"""

import pytest
from google.api_core import exceptions
from google.cloud.firestore_v1 import types

Query, Aggregated = types.StructuredQuery, types.StructuredAggregationQuery
COUNT = {"count": {}}
W = {"field_path": "w"}


@pytest.fixture
def documents(client) -> str:
    """Return a parent with five documents that have v, two of which also have w."""
    for number in range(5):
        client.document(f"n/{number}").set({"v": number, **({"w": 10 * number} if number % 2 else {})})
    return f"{client._database_string}/documents"


def query(**more) -> dict:
    return {"from_": [{"collection_id": "n"}], **more}


def aggregate(client, parent: str, *aggregations: dict, **more) -> dict[str, float]:
    asked = {"structured_query": query(**more), "aggregations": aggregations}
    request = types.RunAggregationQueryRequest(parent=parent, structured_aggregation_query=asked)
    [response] = client._firestore_api.run_aggregation_query(request, retry=None)
    values = types.AggregationResult.pb(response.result).aggregate_fields
    return {alias: getattr(value, value.WhichOneof("value_type")) for alias, value in values.items()}


def test_a_limit_counts_documents_that_have_the_fields(client, documents):
    sums = ({"alias": "sum", "sum": {"field": W}}, {"alias": "count", **COUNT})
    assert aggregate(client, documents, *sums, limit=1) == {"sum": 10, "count": 1}
    assert aggregate(client, documents, *sums, limit=4) == {"sum": 40, "count": 2}
    assert aggregate(client, documents, *sums, limit=4, offset=1) == {"sum": 30, "count": 1}
    assert aggregate(client, documents, COUNT, limit=4, offset=2) == {"field_1": 3}


def test_aggregations_without_an_alias_are_numbered(client, documents):
    found = aggregate(client, documents, {"alias": "all", **COUNT}, COUNT, {"count": {"up_to": 2}})
    assert found == {"all": 5, "field_1": 5, "field_2": 2}


AGGREGATIONS = {
    "none": (),
    "more than five": (COUNT,) * 6,
    "an alias twice": ({"alias": "a", **COUNT}, {"alias": "a", "sum": {"field": W}}),
    "an alias that another gets": ({"alias": "field_1", **COUNT}, COUNT),
    "a reserved alias": ({"alias": "__a__", **COUNT},),
    "up to none": ({"count": {"up_to": 0}},),
    "a sum of no field": ({"sum": {}},),
    "no operator": ({"alias": "a"},),
}


@pytest.mark.parametrize("case", AGGREGATIONS)
def test_aggregations_that_make_no_sense_are_refused(client, documents, case):
    with pytest.raises(exceptions.InvalidArgument):
        aggregate(client, documents, *AGGREGATIONS[case])


def on(field: str, operator: str, value: dict) -> dict:
    return {"field_filter": {"field": {"field_path": field}, "op": operator, "value": value}}


def both(*filters: dict, op: str = "AND") -> dict:
    return {"composite_filter": {"op": op, "filters": filters}}


ONE = {"integer_value": 1}
ONES = {"array_value": {"values": [ONE]}}
FILTERS = {
    "a field without a name": on("", "EQUAL", ONE),
    "a path with a hole": on("a..b", "EQUAL", ONE),
    "a name like a number": on("__name__", "EQUAL", ONE),
    "names like numbers": on("__name__", "IN", ONES),
    "nothing at all": {},
    "nothing of both": both(),
    "two negations": both(on("v", "NOT_EQUAL", ONE), on("w", "NOT_EQUAL", ONE)),
    "not in, and in": both(on("v", "NOT_IN", ONES), on("w", "IN", ONES)),
    "not in, or": both(on("v", "NOT_IN", ONES), on("w", "EQUAL", ONE), op="OR"),
    "in what is no list": on("v", "IN", ONE),
}


@pytest.mark.parametrize("case", FILTERS)
def test_filters_that_make_no_sense_are_refused(client, documents, case):
    request = types.RunQueryRequest(parent=documents, structured_query=query(where=FILTERS[case]))
    with pytest.raises(exceptions.InvalidArgument):
        list(client._firestore_api.run_query(request, retry=None))


@pytest.mark.parametrize("name", ["", "__reserved__", "x" * 1501])
@pytest.mark.parametrize("deep", [False, True])
def test_fields_with_invalid_names_are_not_written(client, documents, name, deep):
    fields = {name: types.Value(integer_value=1)}
    held = {"m": types.Value(map_value=types.MapValue(fields=fields))} if deep else fields
    write = types.Write(update=types.Document(name=f"{documents}/n/new", fields=held))
    request = types.CommitRequest(database=client._database_string, writes=[write])
    with pytest.raises(exceptions.InvalidArgument):
        client._firestore_api.commit(request, retry=None)
    assert not client.document("n/new").get().exists


def test_invalid_parents_and_page_sizes_are_refused(client, documents):
    api = client._firestore_api
    calls = (
        lambda: api.list_collection_ids({"parent": "nowhere"}, retry=None),
        lambda: list(api.run_query({"parent": f"{documents}/n", "structured_query": query()}, retry=None)),
        lambda: api.list_documents({"parent": documents, "collection_id": "n", "page_size": -1}, retry=None),
    )
    for call in calls:
        with pytest.raises(exceptions.InvalidArgument):
            call()
