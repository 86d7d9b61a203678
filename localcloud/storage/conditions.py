"""A request's generation preconditions, which the server behind the door checks only for uploads.

docs.cloud.google.com/storage/docs/request-preconditions: a failed one is answered with 412, or with 304 on
reading an object that has not changed. What this storage cannot decide correctly is refused as not supported.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

CALL = re.compile(
    r"/(?:download/)?storage/v1/b/(?P<bucket>[^/]+)/o/(?P<name>[^/]+)"
    r"(?:/(?P<verb>compose)|/(?:rewriteTo|copyTo)/b/(?P<to_bucket>[^/]+)/o/(?P<to_name>[^/]+))?"
)
UPLOAD = re.compile(r"/(?:resumable/)?upload/storage/v1/b/(?P<bucket>[^/]+)/o")
READING = ("GET", "HEAD")
IN_BATCH = re.compile(rb"[?&]if(?:Source)?(?:Meta)?[gG]eneration(?:Not)?Match=")
UNKNOWN = ("ifMetagenerationMatch", "ifMetagenerationNotMatch")
UNKNOWN_OF_SOURCES = ("ifSourceMetagenerationMatch", "ifSourceMetagenerationNotMatch")
NOT_SUPPORTED = {
    **dict.fromkeys((*UNKNOWN, *UNKNOWN_OF_SOURCES), "metageneration preconditions"),
    "matchGlob": "match_glob",
    "softDeleted": "soft delete",
}

type Find = Callable[[str, str], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Condition:
    """The generation that an object must have, or must not have; 0 stands for an object that is missing."""

    bucket: str
    name: str
    generation: int
    is_negative: bool = False

    def holds(self, find: Find) -> bool:
        """Return whether the condition holds, judging by what `find` returns for the object."""
        found = find(self.bucket, self.name)
        generation = int(found["generation"]) if found else 0
        return (generation == self.generation) != self.is_negative


def not_supported(method: str, query: Mapping[str, str], body: bytes) -> str | None:
    """Return the unsupported feature that a request asks for, or None."""
    for name, said in NOT_SUPPORTED.items():
        if query.get(name, "false") not in ("", "false"):
            return f"{said} ({name})"
    if method in ("POST", "PATCH", "PUT") and b"versioning" in body:
        versioning = _content(body).get("versioning")
        if isinstance(versioning, dict) and versioning.get("enabled"):
            return "object versioning"
    return None


def of(path: str, query: Mapping[str, str], body: bytes) -> list[Condition]:
    """Return the conditions of a call on an object; raise ValueError for an invalid generation.

    Those of a resumable upload are checked when it begins, which is when its query is sent.
    """
    begins = query.get("uploadType") == "resumable" and "upload_id" not in query
    if begins and (upload := UPLOAD.fullmatch(path)):
        name = query.get("name") or _content(body)["name"]
        return list(_conditions(unquote(upload["bucket"]), name, query, "ifGeneration"))
    if not (call := CALL.fullmatch(path)):
        return []
    bucket, name = unquote(call["bucket"]), unquote(call["name"])
    if call["to_bucket"]:
        target = unquote(call["to_bucket"]), unquote(call["to_name"])
        sources = _conditions(bucket, name, query, "ifSourceGeneration")
        return [*sources, *_conditions(*target, query, "ifGeneration")]
    own = list(_conditions(bucket, name, query, "ifGeneration"))
    return [*own, *_source_conditions(bucket, body)] if call["verb"] else own


def sources(path: str, body: bytes) -> list[tuple[str, str]]:
    """Return the buckets and names of the source objects of a compose call."""
    call = CALL.fullmatch(path)
    if not call or call["verb"] != "compose":
        return []
    return [(unquote(call["bucket"]), each["name"]) for each in _content(body).get("sourceObjects", [])]


def _conditions(bucket: str, name: str, query: Mapping[str, str], prefix: str) -> Iterator[Condition]:
    for suffix, is_negative in (("Match", False), ("NotMatch", True)):
        if value := query.get(f"{prefix}{suffix}"):
            yield Condition(bucket, name, int(value), is_negative)


def _source_conditions(bucket: str, body: bytes) -> Iterator[Condition]:
    for each in _content(body).get("sourceObjects", []):
        wanted = (each.get("objectPreconditions") or {}).get("ifGenerationMatch", each.get("generation"))
        if wanted is not None:
            yield Condition(bucket, each["name"], int(wanted))


def _content(body: bytes) -> dict[str, Any]:
    content = json.loads(body or b"{}")
    return content if isinstance(content, dict) else {}
