"""docs/orchestrator.md: the paths of the orchestrator, from the OpenAPI description that FastAPI makes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.cloud.aiplatform_v1 import PipelineServiceClient

from orchestrator.runs import Backend
from orchestrator.server import app_of
from orchestrator.settings import Settings
from pipelines.specification import Specification

type Json = dict[str, Any]

PAGE = Path(__file__).parents[1] / "docs" / "orchestrator.md"
INTRODUCTION = """# The orchestrator's API

Made by `make generate` from the code in `orchestrator/`: change descriptions there, not here.

Bodies and answers are JSON. In the cloud a caller needs the role `roles/run.invoker` on the
service. The `detail` of an error is its cause: 409 means that another run is active, 422 that the request
is wrong, 502 that Google refuses, and 503, with `Retry-After`, that Google is busy.
[Settings](settings.md) lists the parameters of a run.

```
curl --json '{"as_of": "2026-01-31"}' $ORCHESTRATOR_URL
curl --json '{"from": "2026-01-01", "to": "2026-01-31"}' $ORCHESTRATOR_URL/backfill
curl "$ORCHESTRATOR_URL/runs?as_of=2026-01-31"
curl --json '{}' $ORCHESTRATOR_URL/runs/customer-churn-20260131:cancel
```
"""
PLAIN = {"date": "date, YYYY-MM-DD", "date-time": "time, ISO 8601"}
HEADER = ["| Field | Type | Default | Meaning |", "|---|---|---|---|"]


def description(specification: str) -> Json:
    """Return the OpenAPI description of the service over a compiled pipeline; nothing is connected."""
    settings = Settings.from_environment({"WINTER_DAYS_PROJECT": "my-project"})
    nobody = AnonymousCredentials()
    jobs, bucket = PipelineServiceClient(credentials=nobody), storage.Client("my-project", credentials=nobody)
    return app_of(Backend(settings, Specification(specification), jobs, bucket, {})).openapi()


def page(openapi: Json) -> str:
    """Return the page: each path with what it takes and answers, then what bodies and answers hold."""
    openapi = _without_aliases(openapi, openapi["components"]["schemas"])
    parts = [INTRODUCTION]
    for path, methods in openapi["paths"].items():
        for method, one in methods.items():
            parts += [f"## {method.upper()} {path}\n", *_path(one)]
    types = openapi["components"]["schemas"]
    parts.append("## What bodies and answers hold\n")
    for name, one in types.items():
        if "properties" in one and not name.endswith("ValidationError"):
            parts += [f"### {name}\n", f"{_text(one.get('description', ''))}\n", *_fields(one)]
    return "\n".join(parts)


def _path(one: Json) -> Iterator[str]:
    yield f"{_text(one.get('description') or one['summary'])}\n"
    if taken := one.get("parameters"):
        yield from HEADER
        for field in taken:
            yield _line(field["name"], field["schema"], field["required"], f"In the {field['in']}.")
        yield ""
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answer = one["responses"]["200"]["content"]["application/json"]["schema"]
    yield "".join([f"Body: {_type(body)}. " if body else "", f"Answer: {_type(answer)}.\n"])


def _fields(one: Json) -> Iterator[str]:
    yield from HEADER
    required = one.get("required", ())
    for name, field in one["properties"].items():
        meaning = field.get("description", "")
        yield _line(name, field, name in required, f"{meaning[:1].upper()}{meaning[1:]}.".removeprefix("."))
    yield ""


def _line(name: str, schema: Json, required: bool, meaning: str) -> str:
    default = schema.get("default")
    usual = "required" if required else "" if default is None else f"`{json.dumps(default)}`"
    return f"| `{name}` | {_type(schema)} | {usual} | {meaning} |"


def _type(schema: Json) -> str:
    """Return what a schema takes, in words; null is what is left out."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if parts := schema.get("anyOf"):
        return " or ".join(_type(part) for part in parts if part.get("type") != "null")
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    kind: str = schema.get("type", "any")
    return PLAIN.get(schema.get("format", ""), kind)


def _without_aliases(part: Any, types: Json) -> Any:
    """Return a part of the description with the schema of a type that is no object in place of its name."""
    if isinstance(part, list):
        return [_without_aliases(one, types) for one in part]
    if not isinstance(part, dict):
        return part
    named = types.get(part.get("$ref", "").rpartition("/")[2])
    if named and "properties" not in named:
        return _without_aliases(named, types)
    return {name: _without_aliases(one, types) for name, one in part.items()}


def _text(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
