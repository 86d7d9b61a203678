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
LONGEST_PART = 230  # the server adds up to 20 characters, and file systems take 255 bytes


class BadNameError(ValueError):
    """A name that is refused; the message says which and why."""


def check(name: str) -> None:
    """Raise BadNameError for a name that leaves its folder, or is that of another one: `a/./b` is `a/b`."""
    if "\0" in name or name.startswith("/") or {".", ".."} & {*name.split("/")}:
        shown = name if name.isprintable() else repr(name)
        raise BadNameError(
            f"the name {shown} would escape its bucket's folder, so the local Cloud Storage refuses it"
        )
    if any(len(part.encode(errors="surrogatepass")) > LONGEST_PART for part in name.split("/")):
        raise BadNameError(
            f"the name {name[:80]}… has a part of over {LONGEST_PART} bytes, and is to be a file's name in "
            "the local Cloud Storage"
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
    for depth, key, value in _entries(_pairs(body)):
        if key.casefold() not in NAMED:
            continue
        if isinstance(value, str):
            check(value)
            own += [value] if depth == 0 and key.casefold() == "name" else []
        elif depth == 0 and value is not None:
            raise BadNameError(f"the body's {key} is not a string")
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


class _Pairs(list[tuple[str, Any]]):
    """The entries of a JSON object, of which two may have the same key."""


def _pairs(body: bytes) -> _Pairs:
    """Parse a JSON object strictly, as the server does."""
    try:
        content = json.loads(body.decode(), object_pairs_hook=_Pairs, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadNameError(f"the body is not JSON: {error}") from error
    if not isinstance(content, _Pairs):
        raise BadNameError("the body is not a JSON object")
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _entries(content: Any, depth: int = 0) -> Iterator[tuple[int, str, Any]]:
    """Yield depth, key and value of each entry of JSON objects that were parsed as lists of pairs."""
    for item in content if isinstance(content, list) else []:
        if isinstance(item, tuple):
            yield depth, *item
            yield from _entries(item[1], depth + 1)
        else:
            yield from _entries(item, depth + 1)
