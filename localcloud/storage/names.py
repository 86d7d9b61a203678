"""The names of buckets and objects in a request, and which of them would escape their folder.

The server keeps an object in a file with its name, so `../x` would be a file outside. A name is in the path,
in the query, or in a JSON body; each is decoded once, as the server does.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

OBJECT = re.compile(r"/b/[^/]+/o/(.*)", re.DOTALL)
# Each part of a batch is a request, in lines of text; which lines the server reads as a request is unknown
# here, so the rule applies to every line.
PARENT = re.compile(r"(?<![^\s/\"])\.\.(?![^\s/?#\"])")
NAMED = ("name", "bucket")


class BadNameError(ValueError):
    """A name that is refused; the message says which and why."""


def check(name: str) -> None:
    """Raise BadNameError for a name that leaves its folder: a `..` part, a leading slash, or a NUL."""
    if "\0" in name or name.startswith("/") or ".." in name.split("/"):
        shown = name if name.isprintable() else repr(name)
        raise BadNameError(
            f"the name {shown} would escape its bucket's folder, so the local Cloud Storage refuses it"
        )


def check_path(path: str) -> None:
    """Check the names in a request's path, as sent."""
    decoded = unquote(path)
    check(decoded.removeprefix("/"))
    for part in re.split(r"/(?:rewriteTo|copyTo)(?=/b/)", path):
        if found := OBJECT.search(part):
            check(unquote(found[1]))


def check_query(query: str) -> list[tuple[str, str]]:
    """Check the names in a request's query; return its keys and values."""
    pairs = parse_qsl(query, keep_blank_values=True)
    for key, value in pairs:
        if key in NAMED:
            check(value)
    return pairs


def check_json(body: bytes) -> str | None:
    """Check every name in a JSON body, at any depth; return the name of the resource itself, if any.

    Keys match in any case, as they do for the server. Also raises BadNameError if the body is not JSON.
    """
    if not body.strip():
        return None
    own: list[str] = []
    try:
        content = json.loads(body, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        raise BadNameError(f"the body is not JSON: {error}") from error
    for depth, key, value in _entries(content):
        if key.casefold() in NAMED and isinstance(value, str):
            check(value)
            own += [value] if depth == 0 and key.casefold() == "name" else []
    if len(set(own)) > 1:
        raise BadNameError("the body names its resource twice")
    return own[0] if own else None


def check_batch(body: bytes) -> None:
    """Check the requests in a batch: none may have `..` as a part of a path, plain or encoded."""
    text = unquote(body.decode("utf-8", errors="replace"))
    if PARENT.search(text) or "\0" in text or "\\u" in text or "quoted-printable" in text.casefold():
        raise BadNameError(
            "a name in the batch would escape its bucket's folder, so the local Cloud Storage refuses it"
        )


def _entries(content: Any, depth: int = 0) -> Iterator[tuple[int, str, Any]]:
    """Yield depth, key and value of each entry of JSON objects that were parsed as lists of pairs."""
    for item in content if isinstance(content, list) else []:
        if isinstance(item, tuple):
            yield depth, *item
            yield from _entries(item[1], depth + 1)
        else:
            yield from _entries(item, depth + 1)
