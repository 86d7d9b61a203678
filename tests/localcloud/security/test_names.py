"""Object names that would leave their bucket's folder are refused, wherever in a request they are."""

import json
import socket

import httpx
import pytest

from components.shared.clients import storage_client
from components.shared.names import BUCKET
from localcloud.storage.names import BadNameError, check_batch, check_json

BAD = ("../../escaped", "a/../../../escaped", "..", "a/..", "/escaped", "nul\0here")
BINARY = {"Content-Type": "application/octet-stream"}
JSON = {"Content-Type": "application/json"}


def parts(metadata: str, head: str = "Content-Type: application/json", newline: str = "\r\n") -> bytes:
    lines = ["--cut", head, "", metadata, "--cut", "Content-Type: text/plain", "", "written", "--cut--", ""]
    return newline.join(lines).encode()


def encoded(name: str) -> str:
    """Percent-encode every character: httpx would itself remove a plain `..` from a path."""
    return "".join(f"%{byte:02X}" for byte in name.encode())


def ways(name: str) -> dict[str, tuple[str, str, dict[str, str], bytes]]:
    """Return every way in which a request can name an object: method, path, headers, body."""
    bucket, quoted = f"/storage/v1/b/{BUCKET}", encoded(name)
    upload, text = f"/upload{bucket}/o?uploadType=", json.dumps({"name": name})
    related = {"Content-Type": "multipart/related; boundary=cut"}
    compose = json.dumps({"sourceObjects": [{"name": name}], "destination": {}})
    calls = (
        f"--cut\r\nContent-Type: application/http\r\n\r\nDELETE {bucket}/o/{quoted} HTTP/1.1\r\n\r\n--cut--"
    )
    batch = {"Content-Type": "multipart/mixed; boundary=cut"}
    with_bucket = f'{{"bucket": "b", {text[1:]}'
    return {
        "media": ("POST", f"{upload}media&name={quoted}", BINARY, b"written"),
        "media, its key encoded": ("POST", f"{upload}media&n%61me={quoted}", BINARY, b"written"),
        "parts": ("POST", f"{upload}multipart", related, parts(text)),
        "parts by line feeds": ("POST", f"{upload}multipart", related, parts(text, newline="\n")),
        "parts, another case": ("POST", f"{upload}multipart", related, parts(text.replace("name", "NaMe"))),
        "parts and query": ("POST", f"{upload}multipart&name={quoted}", related, parts('{"name": "fine"}')),
        "resumable": ("POST", f"{upload}resumable", JSON, text.encode()),
        "resumable by query": ("POST", f"{upload}resumable&name={quoted}", JSON, b"{}"),
        "resumable with a bucket": (
            "POST",
            f"{upload}resumable",
            JSON,
            with_bucket.encode(),
        ),
        "resumable, like a piece": ("POST", f"{upload}resumable&upload_id=x", JSON, with_bucket.encode()),
        "parts with an empty name": ("POST", f"{upload}multipart&name=", related, parts(text)),
        "parts, like a piece": ("POST", f"{upload}multipart&upload_id=x", related, parts(text)),
        "read": ("GET", f"{bucket}/o/{quoted}?alt=media", {}, b""),
        "download": ("GET", f"/download{bucket}/o/{quoted}?alt=media", {}, b""),
        "delete": ("DELETE", f"{bucket}/o/{quoted}", {}, b""),
        "copy to": ("POST", f"{bucket}/o/secret/copyTo/b/{BUCKET}/o/{quoted}", JSON, b"{}"),
        "rewrite from": ("POST", f"{bucket}/o/{quoted}/rewriteTo/b/{BUCKET}/o/x", JSON, b"{}"),
        "compose": ("POST", f"{bucket}/o/composed/compose", JSON, compose.encode()),
        "batch": (
            "POST",
            "/batch/storage/v1",
            batch,
            calls.encode(),
        ),
    }


# In a batch an absolute name cannot be told from a path; the server keeps it in its folder.
TRIES = [(way, name) for way in ways("x") for name in BAD if (way, name[0]) != ("batch", "/")]


@pytest.mark.parametrize(("way", "name"), TRIES)
def test_a_name_that_leaves_its_folder_is_refused(cloud, way, name):
    method, path, headers, body = ways(name)[way]
    answer = httpx.request(method, cloud.url("storage") + path, headers=headers, content=body)
    assert answer.status_code == 400, answer.text
    assert "escape its bucket's folder" in answer.json()["error"]["message"]
    assert [file.name for file in cloud.folder.rglob("*escaped*")] == []


@pytest.mark.parametrize("path", [f"/{BUCKET}/../../../../../etc/hostname", "/storage/v1/b/../o/x"])
def test_a_path_is_not_normalized_before_it_is_read(cloud, path):
    """Sent over a socket: httpx and curl would remove the `..` themselves."""
    address = cloud.endpoints.address("storage")
    with socket.create_connection(("127.0.0.1", cloud.endpoints.ports["storage"])) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
        assert connection.recv(1000).split()[1] == b"400"


@pytest.mark.parametrize(
    ("head", "metadata"),
    [
        (
            "Content-Transfer-Encoding: quoted-printable",
            '{"name": "=2E=2E/x"}',
        ),
        ("Content-Type: application/json", '{"name": "fine", "name": "../x"}'),
        ("Content-Type: application/json", '{"name": "fine", "Name": "other"}'),
        ("Content-Type: application/json", "not json"),
        ("Content-Type: application/json", '{"name": "\\u002e\\u002e/x"}'),
    ],
)
def test_metadata_that_could_be_read_in_two_ways_is_refused(cloud, head, metadata):
    url = f"{cloud.url('storage')}/upload/storage/v1/b/{BUCKET}/o?uploadType=multipart"
    headers = {"Content-Type": "multipart/related; boundary=cut"}
    answer = httpx.post(url, headers=headers, content=parts(metadata, head))
    assert answer.status_code == 400, answer.text
    cloud.assert_untouched()


def test_an_empty_name_in_the_query_does_not_hide_that_in_the_parts(cloud):
    """The server would otherwise read the parts itself, so it is given the name that was checked."""
    bucket = "empty-name"
    with storage_client(cloud.endpoints.project) as client:
        client.create_bucket(bucket)
        url = f"{cloud.url('storage')}/upload/storage/v1/b/{bucket}/o?uploadType=multipart&name=&name=second"
        headers = {"Content-Type": "multipart/related; boundary=cut"}
        assert httpx.post(url, headers=headers, content=parts('{"name": "first"}')).status_code == 200
        assert [blob.name for blob in client.list_blobs(bucket)] == ["first"]
        nameless = httpx.post(url.partition("&")[0], headers=headers, content=parts("{}"))
        assert (nameless.status_code, "does not name an object" in nameless.text) == (400, True)


def test_metadata_without_an_end_and_compressed_metadata_are_refused(cloud):
    url = f"{cloud.url('storage')}/upload/storage/v1/b/{BUCKET}/o?uploadType="
    headers = {"Content-Type": "multipart/related; boundary=cut"}
    endless = httpx.post(f"{url}multipart", headers=headers, content=b"--cut\r\n\r\n" + b"{" * 3 * 2**20)
    assert endless.status_code == 413
    packed = httpx.post(f"{url}resumable", headers={**JSON, "Content-Encoding": "gzip"}, content=b"x")
    assert packed.status_code == 415


def test_a_query_is_read_by_the_server_as_it_is_read_here(cloud):
    """The server would not see a wrongly encoded upload_id, and would take the chunk for metadata."""
    url = f"{cloud.url('storage')}/upload/storage/v1/b/{BUCKET}/o?uploadType=resumable&upload_id=%zz"
    answer = httpx.post(url, headers=BINARY, content=b'{"name": "../escaped"}')
    assert answer.status_code == 404, answer.text
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_internal/delete_all"),
        ("PUT", "/_internal/config"),
        ("POST", f"/{BUCKET}"),
        ("PUT", f"/{BUCKET}/signed?X-Goog-Algorithm=x"),
        ("POST", f"/storage/v1/b/{BUCKET}/notificationConfigs"),
    ],
)
def test_calls_outside_the_json_api_are_not_supported(cloud, method, path):
    answer = httpx.request(method, cloud.url("storage") + path, headers=JSON, content=b"{}")
    assert answer.status_code == 501, answer.text
    cloud.assert_untouched()


def test_names_that_only_look_odd_are_kept(cloud):
    names = ["2026/01/31 12:00.json", "a..b/..c/d..", "ä ö&=?#%2e"]
    with storage_client(cloud.endpoints.project) as client:
        bucket = client.create_bucket("odd-names")
        for name in names:
            bucket.blob(name).upload_from_string(name)
            assert bucket.blob(name).download_as_text() == name
        assert [blob.name for blob in bucket.list_blobs()] == names
        bucket.rename_blob(bucket.blob(names[0]), "renamed")
        bucket.delete_blobs(["renamed", *names[1:]])
        assert list(bucket.list_blobs()) == []


def test_a_large_object_comes_back_as_it_was_sent(cloud):
    content = bytes(range(256)) * 80_000
    with storage_client(cloud.endpoints.project) as client:
        blob = client.create_bucket("large").blob("object")
        blob.upload_from_string(content)
        assert blob.download_as_bytes() == content
        assert blob.download_as_bytes(start=1000, end=1999) == content[1000:2000]
        blob.chunk_size = 256 * 1024
        blob.upload_from_string(content[:-1])
        assert blob.download_as_bytes() == content[:-1]


@pytest.mark.parametrize(("name", "first"), [("fine", b"100"), ("../x", b"400")])
def test_a_client_that_expects_100_continue_is_answered(cloud, name, first):
    address = cloud.endpoints.address("storage")
    head = (
        f"POST /upload/storage/v1/b/waiting/o?uploadType=media&name={name} HTTP/1.1\r\nHost: {address}\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", cloud.endpoints.ports["storage"])) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).split()[1] == first


@pytest.mark.parametrize(
    "body", [b'[{"name": "../x"}]', b'{"a": [{"bUcKeT": "/x"}]}', b"[" * 100_000, b"\xff", b"{}x"]
)
def test_json_is_checked_at_every_depth(body):
    with pytest.raises(BadNameError):
        check_json(body)


@pytest.mark.parametrize(
    "body", [b"GET /b/x/o/..%2Fy HTTP/1.1", b'{"x": "\\u002e"}', b"x\0", b"Quoted-Printable"]
)
def test_a_batch_is_read_as_lines(body):
    with pytest.raises(BadNameError):
        check_batch(body)
