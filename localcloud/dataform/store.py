"""Dataform's resources: their names, and the listing options that this stand-in supports."""

import re
from pathlib import Path
from typing import Any

from google.api_core import exceptions

from localcloud.resources import Store, now, refuse_unsupported, write_atomically
from localcloud.resources import page as any_page

__all__ = ["Store", "checked_id", "dataform_store", "now", "page", "refuse_unsupported", "write_atomically"]

_ID = re.compile(r"[A-Za-z0-9_-]{1,63}")
_NAME = re.compile(
    r"projects/[a-z][a-z0-9.:-]*/locations/[a-z0-9-]+(/repositories/[A-Za-z0-9_-]+(/[A-Za-z]+/[A-Za-z0-9_-]+)?)?"
)
_SUPPORTED = {"parent", "name", "workspace", "path", "view", "page_size", "page_token", "commit_sha"}


def dataform_store(root: Path) -> Store:
    """Return the resources under a folder."""
    return Store(root, _NAME)


def checked_id(kind: str, value: str) -> str:
    """Return the id of a new resource, or raise InvalidArgument."""
    if not _ID.fullmatch(value):
        raise exceptions.InvalidArgument(
            f"{kind} {value!r} is not valid: use at most 63 letters, digits, hyphens and underscores"
        )
    return value


def page[Item](items: list[Item], request: Any) -> tuple[list[Item], str]:
    """Return the page of a list that a request asks for, and the token of the next page."""
    refuse_unsupported(request, _SUPPORTED)
    return any_page(items, request)
