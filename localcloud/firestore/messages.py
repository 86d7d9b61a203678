"""The raw protobuf messages inside google-cloud-firestore, several times faster than its wrappers."""

from google.cloud.firestore_v1 import types
from google.protobuf.timestamp_pb2 import Timestamp

Document = types.Document.pb()
Value = types.Value.pb()
Write = types.Write.pb()
WriteResult = types.WriteResult.pb()


def timestamp(microseconds: int) -> Timestamp:
    """Return the protobuf form of a time in microseconds since 1970."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return Timestamp(seconds=seconds, nanos=rest * 1_000)


def microseconds(moment: Timestamp) -> int:
    """Return a protobuf time in microseconds since 1970, truncated as Firestore does."""
    return moment.seconds * 1_000_000 + moment.nanos // 1_000


def frame_document(document: bytes) -> bytes:
    """Return a serialized Document as field 1 of a response, as in RunQuery and BatchGetDocuments."""
    length, prefix = len(document), bytearray(b"\x0a")
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + document
