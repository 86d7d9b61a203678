"""Resources on disk that outlive a stand-in: one folder each, at the path that is the resource's name."""

import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from google.api_core import exceptions
from google.protobuf import json_format, timestamp_pb2

from localcloud.rest import raw

Resource = TypeVar("Resource")


def now() -> timestamp_pb2.Timestamp:
    """Return the current time as a protobuf timestamp."""
    moment = timestamp_pb2.Timestamp()
    moment.GetCurrentTime()
    return moment


def refuse_unsupported(message: Any, supported: set[str]) -> None:
    """Raise MethodNotImplemented if a field is set that the stand-in would ignore."""
    for field, _ in raw(message).ListFields():
        if field.name not in supported:
            name = f"{type(message).__name__}.{field.name}"
            raise exceptions.MethodNotImplemented(f"{name} is not supported by this stand-in")


def write_atomically(path: Path, text: str) -> None:
    """Replace a file atomically, so that no reader sees it half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink()
        raise


class Store:
    """Resources by name under one folder; hold `lock` to read and write back as one step."""

    def __init__(self, root: Path, names: re.Pattern[str]) -> None:
        """Keep resources whose names match the pattern; those names are paths under root."""
        self._root = root
        self._names = names
        self._read: dict[Path, tuple[tuple[int, int], Any]] = {}
        self.lock = threading.RLock()

    def folder(self, name: str) -> Path:
        """Return a resource's own folder; raise InvalidArgument unless the name is well formed."""
        if not self._names.fullmatch(name):
            raise exceptions.InvalidArgument(f"{name!r} is not a resource name of this API")
        return self._root / name

    def exists(self, name: str) -> bool:
        """Return whether the resource exists."""
        return (self.folder(name) / "resource.json").exists()

    def require(self, name: str) -> Path:
        """Return the folder of a resource that exists; raise NotFound otherwise."""
        if not self.exists(name):
            raise exceptions.NotFound(f"{name} does not exist")
        return self.folder(name)

    def get(self, kind: type[Resource], name: str) -> Resource:
        """Return a resource as its message; raise NotFound when it does not exist."""
        message: Any = kind()
        with self.lock:
            raw(message).CopyFrom(self._parse(self.require(name) / "resource.json", raw(kind())))
        found: Resource = message
        return found

    def _parse(self, path: Path, empty: Any) -> Any:
        """Return the message in a file, parsed once per version: each write creates a new file."""
        status = path.stat()
        version = (status.st_ino, status.st_mtime_ns)
        if path not in self._read or self._read[path][0] != version:
            self._read[path] = version, json_format.Parse(path.read_text(), empty)
        return self._read[path][1]

    def put(self, message: Any) -> None:
        """Write a resource under its own name."""
        text = json_format.MessageToJson(raw(message))
        write_atomically(self.folder(message.name) / "resource.json", text)

    def create(self, message: Any) -> None:
        """Write a new resource; raise AlreadyExists if its name is taken."""
        with self.lock:
            if self.exists(message.name):
                raise exceptions.AlreadyExists(f"{message.name} already exists")
            self.put(message)

    def delete(self, name: str) -> None:
        """Remove a resource and everything under it."""
        with self.lock:
            folder = self.require(name)
            shutil.rmtree(folder)
            self._read = {path: known for path, known in self._read.items() if folder not in path.parents}

    def keep_first(self, most: int, resources: Iterable[Any]) -> None:
        """Remove all but the first `most` of these resources."""
        for message in list(resources)[most:]:
            self.delete(message.name)

    def children(self, kind: type[Resource], parent: str, collection: str) -> list[Resource]:
        """Return the resources of a collection, ordered by name."""
        return self._matching(kind, self.folder(parent) / collection, "*")

    def everywhere(self, kind: type[Resource], pattern: str) -> list[Resource]:
        """Return the resources of any parent whose names match a glob pattern, ordered by name."""
        return self._matching(kind, self._root, pattern)

    def _matching(self, kind: type[Resource], folder: Path, pattern: str) -> list[Resource]:
        with self.lock:  # so that none is deleted after it is found and before it is read
            found = sorted(path.parent for path in folder.glob(f"{pattern}/resource.json"))
            return [self.get(kind, path.relative_to(self._root).as_posix()) for path in found]


def page[Item](items: list[Item], request: Any, default_size: int = 1000) -> tuple[list[Item], str]:
    """Return the page of a list that a request asks for, and the token of the next page."""
    if request.page_token and not request.page_token.isdigit():
        raise exceptions.InvalidArgument(f"page token {request.page_token!r} was not issued by this server")
    if request.page_size < 0:
        raise exceptions.InvalidArgument(f"page_size {request.page_size} is negative")
    start = int(request.page_token or 0)
    end = start + (request.page_size or default_size)
    return items[start:end], str(end) if end < len(items) else ""
