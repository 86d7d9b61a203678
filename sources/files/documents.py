"""JSON and JSON lines: one document per row."""

import json
from pathlib import Path
from typing import Any

import duckdb

from sources.errors import UnreadableError
from sources.files.encoding import encoding_of
from sources.files.raw import DOCUMENT, RawFiles, describe_repeated_key
from sources.files.sql import literal
from sources.files.wrapped import Place, find_documents, is_empty_page

BLOCK = 1 << 20


def add_documents(
    raw: RawFiles, path: Path, display_name: str, work: Path, encoding: str | None = None
) -> None:
    """Add the documents of JSON lines, of a list, or of the only document that has others inside."""
    found, note = (encoding, None) if encoding else encoding_of(path)
    raw.notes += [note] if note else []
    plain = path if found == "utf-8" else _convert_to_utf8(path, work / "plain.json", found)
    read = f"read_json_objects({literal(plain)}, format = 'auto')"
    try:
        place = _place_of_documents(raw.con, read, display_name)
        raw.add(display_name, "row", _rows_sql(read, place))
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        if "maximum_object_size" in reason:
            raise UnreadableError(
                f"{display_name} is one document of over 16 MB: write its records as lines, such as with "
                f"jq -c '.orders[]' {display_name}"
            ) from None
        raise UnreadableError(f"{display_name} looks like JSON, but is not valid: {reason}") from None
    if place:
        raw.notes.append(f"{display_name}: the documents are {place}")


def _place_of_documents(con: duckdb.DuckDBPyConnection, read: str, display_name: str) -> Place | None:
    """Return where in a file's only document, or in each of its pages, the documents are.

    The text is passed through DuckDB's json(), which allows more than Python, such as a comma at the end.
    """
    found = con.execute(f"select json(json) from {read} limit 2").fetchall()
    try:
        documents = [json.loads(text, object_pairs_hook=_once_each) for (text,) in found]
        if len(documents) == 1 and is_empty_page(documents[0]):
            raise UnreadableError(f"{display_name} is a page of results with nothing in it")
        places = [find_documents(each, display_name) for each in documents]
    except _RepeatedKeyError as error:
        raise UnreadableError(describe_repeated_key(display_name, str(error))) from None
    except RecursionError:
        raise UnreadableError(f"{display_name} is nested too deeply to hold sales") from None
    place = places[0] if len(set(places)) == 1 else None
    if place is None or (place.by_id and len(found) > 1):
        return None
    return None if place.is_alone and not _are_alone(con, read, place) else place


def _are_alone(con: duckdb.DuckDBPyConnection, read: str, place: Place) -> bool:
    """Return whether nothing stands beside any document: {"order": {…}, "cancelled": true} has more."""
    alone = " and ".join(
        f"json_keys(json, {literal(path)}) = [{literal(key)}]" for path, key in place.only_keys.items()
    )
    is_map = f"json_type(json, {literal(place.path)}) = 'OBJECT'"
    ((are_alone,),) = con.execute(f"select bool_and({alone} and {is_map}) from {read}").fetchall()
    return bool(are_alone)


class _RepeatedKeyError(ValueError):
    """A map has a key twice: this one."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return found


def _rows_sql(read: str, place: Place | None) -> str:
    """Return the query for the documents; one without a key `id` gets its own key in the map as that."""
    if place is None:
        return f"select json as {DOCUMENT} from {read}"
    path = literal(place.path)
    if place.is_alone:
        return f"select json_extract(json, {path}) as {DOCUMENT} from {read}"
    if not place.by_id:
        # What is no page is kept as it is, to be counted.
        is_page, members = f"json_type(json, {path}) = 'ARRAY'", f"json_extract(json, {path})::json[]"
        return f"select unnest(case when {is_page} then {members} else [json] end) as {DOCUMENT} from {read}"
    own, records = f"json_keys(json, {path})", f"json_extract(json, {literal(place.path + '.*')})"
    entries = f"select unnest({own}) as key, unnest({records}) as value from {read}"
    return f"select json_merge_patch(json_object('id', key), value) as {DOCUMENT} from ({entries})"


def _convert_to_utf8(path: Path, target: Path, encoding: str) -> Path:
    with (
        path.open(encoding=encoding, newline="") as file,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        while text := file.read(BLOCK):
            out.write(text)
    return target
