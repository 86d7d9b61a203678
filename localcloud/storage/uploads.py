"""Multipart uploads: metadata in the first part, content in the second."""

import re

from localcloud.storage import checksums, names

CONTENT_HEAD = re.compile(rb"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n", re.DOTALL)
METADATA = re.compile(rb"--[^\r\n]+\r?\n(?P<head>(?:[^\r\n]+\r?\n)*)\r?\n(?P<json>.*?)\r?\n--", re.DOTALL)
BEGUN = re.compile(METADATA.pattern + CONTENT_HEAD.pattern, re.DOTALL)


def name_in_metadata(begun: bytes) -> str:
    """Return the name in the metadata, which is the first part of a multipart upload."""
    found = METADATA.match(begun)
    if not found or b"transfer-encoding" in found["head"].lower():
        raise names.BadNameError("the first part of the upload is not plain JSON")
    return names.check_json(found["json"]) or ""


def content_checks(begun: bytes, content_type: str, hashes: str) -> checksums.Checked | None:
    """Return the checksum check for the content, from the upload's beginning and its headers, or None."""
    found = METADATA.match(begun)
    wanted = checksums.declared(found["json"] if found else b"", hashes)
    end = checksums.boundary(content_type)
    head = CONTENT_HEAD.match(begun, found.end() if found else 0)
    return checksums.Checked(wanted, head.end(), end) if wanted and head and end else None
