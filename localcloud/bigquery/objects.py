"""The objects behind gs:// addresses, listed, fetched and written through STORAGE_EMULATOR_HOST."""

import json
import os
import re
import shutil
import tempfile
import urllib.parse
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path, PurePosixPath
from typing import Any

from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import extract

CONNECTIONS = 4
TIMEOUT_SECONDS = 60


def upload_extracts() -> None:
    """Patch extract jobs to write to Cloud Storage. Call once per process."""
    extract.written = upload_file


def list_matching(uri: str) -> dict[str, str]:
    """Return the addresses that `uri` matches, sorted, each with the generation of its object.

    The one `*` also matches slashes, as in BigQuery.
    """
    return dict(sorted(_matching(uri)))


def matches(uri: str) -> bool:
    """Return whether `uri` matches any object."""
    return next(_matching(uri), None) is not None


def _matching(uri: str) -> Iterator[tuple[str, str]]:
    bucket, name = _split_address(uri)
    if name.count("*") > 1:
        raise BigQueryError("invalid", f"Source URI must hold at most one '*': {uri}")
    wanted = re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
    for found, generation in _list_objects(bucket, name.partition("*")[0]):
        if wanted.fullmatch(found) and not found.endswith("/"):
            yield f"gs://{bucket}/{found}", generation


def fetch(uris: Sequence[str], folder: Path) -> list[Path]:
    """Write the objects into `folder`, below their `key=value` folders; return the files in order."""
    files = [_local_file(folder / str(i), uri) for i, uri in enumerate(uris)]
    pairs = list(zip(uris, files, strict=True))
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in pool.map(_fetch, [pairs[i::CONNECTIONS] for i in range(CONNECTIONS)]):
            pass
    return files


@contextmanager
def upload_file(uri: str) -> Iterator[str]:
    """Yield a file to write, and upload it to the address afterwards."""
    bucket, name = _split_address(uri)
    with tempfile.TemporaryDirectory(prefix="extract-") as folder:
        file = Path(folder) / "object"
        yield str(file)
        query = urllib.parse.urlencode({"uploadType": "media", "name": name})
        with file.open("rb") as content, closing(_connection()) as connection:
            path = f"/upload/storage/v1/b/{bucket}/o?{query}"
            size = str(file.stat().st_size)
            headers = {"Content-Type": "application/octet-stream", "Content-Length": size}
            _ask(connection, uri, "POST", path, content, headers).read()


def _split_address(uri: str) -> tuple[str, str]:
    bucket, _, name = uri.removeprefix("gs://").partition("/")
    if not uri.startswith("gs://") or not bucket or not name:
        raise BigQueryError("invalid", f"Source URI must be gs://BUCKET/OBJECT: {uri}")
    return bucket, name


def _local_file(folder: Path, uri: str) -> Path:
    """Keep `key=value`, which holds partition values, and `.jsonl.gz`, which marks a compressed file."""
    name = PurePosixPath(_split_address(uri)[1])
    place = folder.joinpath(*(part for part in name.parts[:-1] if "=" in part))
    place.mkdir(parents=True)
    return place / f"object{''.join(name.suffixes[-2:])}"


def _list_objects(bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    query = {"prefix": prefix, "fields": "items(name,generation),nextPageToken"}
    with closing(_connection()) as connection:
        while True:
            path = f"/storage/v1/b/{bucket}/o?{urllib.parse.urlencode(query)}"
            page = json.load(_get(connection, path, f"bucket {bucket}"))
            yield from ((item["name"], item["generation"]) for item in page.get("items", []))
            if not (token := page.get("nextPageToken")):
                return
            query["pageToken"] = token


def _fetch(pairs: Sequence[tuple[str, Path]]) -> None:
    with closing(_connection()) as connection:
        for uri, file in pairs:
            bucket, name = _split_address(uri)
            path = f"/storage/v1/b/{bucket}/o/{urllib.parse.quote(name, safe='')}?alt=media"
            with file.open("wb") as out:
                shutil.copyfileobj(_get(connection, path, uri), out)


def _connection() -> HTTPConnection:
    host = os.environ.get("STORAGE_EMULATOR_HOST")
    if not host:
        raise BigQueryError("invalid", "STORAGE_EMULATOR_HOST is not set: gs:// addresses cannot be read")
    return HTTPConnection(urllib.parse.urlsplit(host).netloc, timeout=TIMEOUT_SECONDS)


def _get(connection: HTTPConnection, path: str, what: str) -> HTTPResponse:
    return _ask(connection, what, "GET", path)


def _ask(connection: HTTPConnection, what: str, *request: Any) -> HTTPResponse:
    try:
        connection.request(*request)
        answer = connection.getresponse()
    except OSError as error:
        raise BigQueryError("invalid", f"Cannot reach {what}: no storage server answers: {error}") from error
    if answer.status == 404:
        raise BigQueryError("notFound", f"Not found: {what}")
    if answer.status != 200:
        raise BigQueryError("invalid", f"Cannot reach {what}: HTTP {answer.status}")
    return answer
