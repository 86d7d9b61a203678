"""The objects behind gs:// addresses, listed and fetched through STORAGE_EMULATOR_HOST."""

import json
import os
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any

from local_bigquery.errors import BigQueryError

FETCHES_AT_ONCE = 8


def matching(uri: str) -> list[str]:
    """Return the gs:// addresses that `uri` stands for, sorted; its one `*` crosses slashes, as BigQuery's does."""
    bucket, name = _split(uri)
    if name.count("*") > 1:
        raise BigQueryError("invalid", f"Source URI must hold at most one '*': {uri}")
    prefix, _, _ = name.partition("*")
    wanted = re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
    names = sorted(found for found in _names(bucket, prefix) if wanted.fullmatch(found))
    return [f"gs://{bucket}/{found}" for found in names if not found.endswith("/")]


def fetch(uris: Sequence[str], folder: Path) -> list[Path]:
    """Write each object into `folder` and return the files, in the order of `uris`, below their `key=value` folders."""
    files = [_place(folder / str(i), uri) for i, uri in enumerate(uris)]
    with ThreadPoolExecutor(FETCHES_AT_ONCE) as pool:
        for _ in pool.map(_fetch, uris, files):
            pass
    return files


def _split(uri: str) -> tuple[str, str]:
    parts = urllib.parse.urlsplit(uri, allow_fragments=False)
    if parts.scheme != "gs" or not parts.netloc or not parts.path.strip("/"):
        raise BigQueryError("invalid", f"Source URI must be gs://BUCKET/OBJECT: {uri}")
    return uri.removeprefix("gs://").split("/", 1)[0], uri.removeprefix("gs://").split("/", 1)[1]


def _place(folder: Path, uri: str) -> Path:
    """Keep `key=value`, which holds partition values, and `.jsonl.gz`, which tells a compressed file."""
    name = PurePosixPath(_split(uri)[1])
    place = folder.joinpath(*(part for part in name.parts[:-1] if "=" in part))
    place.mkdir(parents=True)
    return place / f"object{''.join(name.suffixes[-2:])}"


def _names(bucket: str, prefix: str) -> Iterator[str]:
    query = {"prefix": prefix, "fields": "items(name),nextPageToken"}
    while True:
        with _open(f"/storage/v1/b/{bucket}/o?{urllib.parse.urlencode(query)}", f"bucket {bucket}") as answer:
            page = json.load(answer)
        yield from (item["name"] for item in page.get("items", []))
        if not (token := page.get("nextPageToken")):
            return
        query["pageToken"] = token


def _fetch(uri: str, file: Path) -> None:
    bucket, name = _split(uri)
    path = f"/storage/v1/b/{bucket}/o/{urllib.parse.quote(name, safe='')}?alt=media"
    with _open(path, uri) as answer, file.open("wb") as out:
        shutil.copyfileobj(answer, out)


def _open(path: str, what: str) -> Any:  # noqa: ANN401 -- urlopen's own type
    host = os.environ.get("STORAGE_EMULATOR_HOST")
    if not host:
        raise BigQueryError("invalid", "STORAGE_EMULATOR_HOST is not set: gs:// addresses cannot be read")
    try:
        return urllib.request.urlopen(host + path, timeout=60)  # noqa: S310 -- an http address of our own
    except urllib.error.HTTPError as error:
        if error.code == 404:
            raise BigQueryError("notFound", f"Not found: {what}") from error
        raise BigQueryError("invalid", f"Cannot read {what}: HTTP {error.code}") from error
