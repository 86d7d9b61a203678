"""No input that the OpenAPI document allows, or nearly allows, ends in a 5xx."""

import json
from datetime import date
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.run_requests import RESERVED

NAMES = ("cutoffs", "collection", "max_reject_share", *RESERVED, "no_such_parameter")
TEXT = st.one_of(
    st.text(max_size=20), st.dates().map(date.isoformat), st.sampled_from(["", "\ud800", "\x00", "..", "<b>"])
)
SCALAR = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
ANYTHING = st.recursive(
    SCALAR,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)
PARAMETERS = st.one_of(ANYTHING, st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=3))
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40).map(str.strip)


@pytest.fixture(scope="module")
def document(served):
    return served.get("/openapi.json").json()


def fields_of(document, operation):
    """Return the property names of an operation's body, empty if it has none."""
    content = (
        operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    )
    references = [one["$ref"] for one in [content, *content.get("anyOf", [])] if "$ref" in one]
    schemas = [document["components"]["schemas"][reference.rpartition("/")[2]] for reference in references]
    return [name for schema in schemas for name in schema["properties"]]


@st.composite
def requests(draw, document):
    path = draw(st.sampled_from(sorted(document["paths"])))
    method = draw(st.sampled_from(sorted(document["paths"][path])))
    operation = document["paths"][path][method]
    query, headers = {}, {}
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(draw(sendable_text()), safe=""))
        elif parameter["in"] == "query":
            query[parameter["name"]] = draw(st.one_of(st.integers().map(str), sendable_text()))
        else:
            headers[parameter["name"]] = draw(HEADER)
    fields = fields_of(document, operation)
    return method, path, query, headers, draw(bodies(fields)) if fields else b""


def sendable_text():
    return TEXT.map(lambda text: text.encode("utf-8", "replace").decode())


def bodies(fields):
    values = {name: PARAMETERS if name == "parameters" else ANYTHING for name in fields}
    objects = st.fixed_dictionaries({}, optional=values)
    if "dry_run" in fields:
        objects = objects.map(lambda body: {**body, "dry_run": body.get("dry_run") or True})
    return st.one_of(
        objects.map(json.dumps).map(str.encode), ANYTHING.map(json.dumps).map(str.encode), st.binary()
    )


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_request_is_answered_with_a_5xx(client, document, data):
    method, path, query, headers, body = data.draw(requests(document))
    answer = client.request(method, path, params=query, headers=headers, content=body)
    assert answer.status_code < 500, answer.text
    if answer.status_code == 422:
        assert all(fault["loc"] and fault["msg"] for fault in answer.json()["detail"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b'{"dry_run": true, "as_of": "2020-01-01", "parameters": {"collection": "\\ud800"}}', 422),
        (b'{"dry_run": true, "parameters": {"\\ud800": 1}}', 422),
        (b'{"as_of": NaN}', 422),
        (b'{"parameters": {"max_reject_share": Infinity}}', 422),
        (b'{"parameters": {"max_reject_share": 1' + b"0" * 400 + b"}}", 422),
        (b"[" * 60_000, 400),
        (b"[" * 100_000, 413),
        (b"not json", 422),
    ],
)
def test_an_unusual_body_is_answered(client, body, status):
    answer = client.post("/", content=body, headers={"Content-Type": "application/octet-stream"})
    assert answer.status_code == status, answer.text
