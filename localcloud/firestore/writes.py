"""One write: its precondition, the document it produces, and its result."""

from typing import Any

import grpc

from localcloud.firestore.errors import CallError, invalid
from localcloud.firestore.messages import Document, WriteResult, microseconds, timestamp
from localcloud.firestore.names import check_document_name, check_field_name
from localcloud.firestore.store import Store
from localcloud.firestore.transforms import apply_transform
from localcloud.firestore.values import get_value, parse_field_path, set_value

MOST_DOCUMENT_BYTES = 1_048_576
DEEPEST = 20


def written_name(write: Any) -> str:
    """Return the name of the document that a write targets."""
    operation = write.WhichOneof("operation")
    if operation == "update":
        return str(write.update.name)
    return str(write.delete if operation == "delete" else write.transform.document)


def written_names(writes: Any) -> list[str]:
    """Return the names that writes target; raise INVALID_ARGUMENT if one cannot be a document's."""
    names = [written_name(write) for write in writes]
    for name in names:
        check_document_name(name)
    return names


def apply_write(store: Store, write: Any, time: int) -> Any:
    """Apply a write at `time` (microseconds) and return its WriteResult; errors leave nothing stored."""
    name = written_name(write)
    data = store.get(name)
    stored = None if data is None else Document.FromString(data)
    if write.HasField("current_document"):
        _check_precondition(write.current_document, stored, name)
    if write.WhichOneof("operation") == "delete":
        store.delete(name, time)
        return WriteResult()
    document, results = _document_after(write, name, stored, time)
    _check_document(document)
    if stored is None:
        document.create_time.CopyFrom(timestamp(time))
    else:
        document.create_time.CopyFrom(stored.create_time)
        document.update_time.CopyFrom(stored.update_time)
    if document == stored:
        return WriteResult(update_time=stored.update_time, transform_results=results)
    document.update_time.CopyFrom(timestamp(time))
    store.put(name, document.SerializeToString(), time)
    return WriteResult(update_time=document.update_time, transform_results=results)


def _check_precondition(condition: Any, stored: Any, name: str) -> None:
    if condition.WhichOneof("condition_type") == "exists":
        if condition.exists and stored is None:
            raise CallError(grpc.StatusCode.NOT_FOUND, f"No document to update: {name}")
        if not condition.exists and stored is not None:
            raise CallError(grpc.StatusCode.ALREADY_EXISTS, f"Document already exists: {name}")
    elif stored is None or microseconds(stored.update_time) != microseconds(condition.update_time):
        raise CallError(
            grpc.StatusCode.FAILED_PRECONDITION, f"The update time of {name} does not match the precondition."
        )


def _document_after(write: Any, name: str, stored: Any, time: int) -> tuple[Any, list[Any]]:
    """Return the document after a write, without its times, and the results of the transforms."""
    document = Document(name=name)
    is_update = write.WhichOneof("operation") == "update"
    if is_update and not write.HasField("update_mask"):
        document.MergeFrom(write.update)
    elif stored is not None:
        document.MergeFrom(stored)
    for text in write.update_mask.field_paths:
        path = parse_field_path(text)
        set_value(document.fields, path, get_value(write.update.fields, path))
    transforms = write.update_transforms if is_update else write.transform.field_transforms
    return document, [apply_transform(document.fields, transform, time) for transform in transforms]


def _check_document(document: Any) -> None:
    _check_values(document.fields.values(), 0)
    _check_names(document.fields)
    if document.ByteSize() > MOST_DOCUMENT_BYTES:
        raise invalid(
            f"Document '{document.name}' cannot be written because its size exceeds the maximum allowed "
            f"size of {MOST_DOCUMENT_BYTES:,} bytes."
        )


def _check_value(value: Any, depth: int) -> None:
    """Refuse a value that Firestore cannot hold; truncate a timestamp to microseconds, as it does."""
    kind = value.WhichOneof("value_type")
    if kind == "timestamp_value":
        value.timestamp_value.nanos -= value.timestamp_value.nanos % 1000
    elif kind == "array_value":
        if any(element.HasField("array_value") for element in value.array_value.values):
            raise invalid("Cannot convert an array value in an array value.")
        _check_values(value.array_value.values, depth)
    elif kind == "map_value":
        _check_values(value.map_value.fields.values(), depth)
        _check_names(value.map_value.fields)


def _check_names(fields: Any) -> None:
    for name in fields:
        check_field_name(name)


def _check_values(values: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise invalid(f"A value is nested deeper than {DEEPEST} levels.")
    for value in values:
        _check_value(value, depth + 1)
