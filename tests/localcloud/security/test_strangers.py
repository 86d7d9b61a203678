"""Each service refuses pages of other sites and foreign host names before anything is done."""

import shutil
import socket
import subprocess

import httpx
import pytest

from components.shared.clients import bigquery_client
from components.shared.names import BUCKET
from localcloud.state import State
from tests.localcloud.security.conftest import GRPC_SERVICES, HTTP_SERVICES, SECRET, Cloud

CURL = shutil.which("curl") or "curl"
FOREIGN = {
    "origin": {"Origin": "http://evil.example"},
    "null origin": {"Origin": "null"},
    "another port": {"Origin": "http://127.0.0.1:1"},
    "another scheme": {"Origin": "https://{address}"},
    "cross site": {"Sec-Fetch-Site": "cross-site"},
    "same site": {"Sec-Fetch-Site": "same-site"},
    "foreign name": {"Host": "rebound.evil.example"},
    "foreign name with the port": {"Host": "rebound.evil.example:{port}"},
    "own name without the port": {"Host": "127.0.0.1"},
    "another port's name": {"Host": "127.0.0.1:1"},
    "rebound and of its own origin": {"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"},
}
SIMPLE_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")


def headers_of(cloud: Cloud, service: str, kind: str) -> dict[str, str]:
    address = cloud.endpoints.address(service)
    port = str(cloud.endpoints.ports[service])
    return {name: value.format(address=address, port=port) for name, value in FOREIGN[kind].items()}


def assert_refused(answer: httpx.Response, status: int = 403) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"].count("\n") == 0
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("service", HTTP_SERVICES)
def test_a_stranger_reads_and_changes_nothing(cloud, service, kind):
    headers = headers_of(cloud, service, kind)
    answer = httpx.get(cloud.readings()[service], headers=headers)
    assert_refused(answer)
    assert SECRET not in answer.text
    method, url, body = cloud.changes()[service]
    content = {"content": body} if isinstance(body, str) else {"json": body}
    assert_refused(httpx.request(method, url, headers=headers, **content))
    assert_refused(httpx.options(url, headers={**headers, "Access-Control-Request-Method": "POST"}))
    cloud.assert_untouched()


@pytest.mark.parametrize("kind", SIMPLE_TYPES)
@pytest.mark.parametrize("service", HTTP_SERVICES)
def test_a_change_needs_the_content_type_of_google_s_clients(cloud, service, kind):
    method, url, body = cloud.changes()[service]
    content = {"content": body} if isinstance(body, str) else {"json": body}
    assert_refused(httpx.request(method, url, headers={"Content-Type": kind}, **content), 415)
    cloud.assert_untouched()


@pytest.mark.parametrize("service", HTTP_SERVICES)
def test_a_body_without_a_type_is_refused_too(cloud, service):
    method, url, _ = cloud.changes()[service]
    assert_refused(httpx.request(method, url, content=b"{}"), 415)


@pytest.mark.parametrize("service", HTTP_SERVICES)
def test_two_hosts_and_http_1_0_without_one_are_refused(cloud, service):
    address = cloud.endpoints.address(service)
    for head in (
        f"GET / HTTP/1.1\r\nHost: {address}\r\nHost: {address}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: evil.example\r\nHost: {address}\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", cloud.endpoints.ports[service])) as connection:
            connection.sendall(head.encode())
            assert connection.recv(1000).split()[1] in (b"400", b"403"), head


@pytest.mark.parametrize("service", HTTP_SERVICES)
def test_the_machine_s_own_programs_are_answered(cloud, service):
    url = cloud.readings()[service]
    typed = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
    for own in (url, url.replace("127.0.0.1", "localhost")):
        assert httpx.get(own).status_code == 200
        assert httpx.get(own, headers=typed).status_code == 200
        assert subprocess.run([CURL, "-sf", own], capture_output=True, check=True).stdout


@pytest.mark.parametrize("service", HTTP_SERVICES)
def test_no_answer_lets_another_origin_read_it(cloud, service):
    own = cloud.url(service)
    answer = httpx.get(cloud.readings()[service], headers={"Origin": own})
    assert answer.status_code in (200, 403)
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_every_socket_listens_on_loopback_alone(cloud):
    found = cloud.listeners()
    assert {address.ip.removeprefix("::ffff:") for address in found} == {"127.0.0.1"}
    assert {address.port for address in found} >= set(cloud.endpoints.ports.values())


def test_the_server_behind_the_door_speaks_to_no_browser(cloud):
    """Its port answers plain HTTP with 400, and its certificate is one that no client trusts."""
    (port,) = cloud.hidden_ports()
    path = f"storage/v1/b/{BUCKET}/o/secret?alt=media"
    plain = httpx.get(f"http://127.0.0.1:{port}/{path}")
    assert (plain.status_code, SECRET in plain.text) == (400, False)
    with pytest.raises(httpx.ConnectError, match="self-signed"):
        httpx.get(f"https://127.0.0.1:{port}/{path}")


@pytest.mark.parametrize("service", GRPC_SERVICES)
def test_the_grpc_ports_do_not_speak_a_browser_s_http(cloud, service):
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://{cloud.endpoints.address(service)}/", headers={"Origin": "http://evil.example"})


def test_only_the_owner_has_access_to_the_state(cloud):
    folders = [cloud.folder, *(cloud.folder / name for name in State.read(cloud.folder).services)]
    assert {oct(folder.stat().st_mode & 0o777) for folder in folders} == {"0o700"}


def test_no_process_argument_or_log_has_the_pseudonym_key(cloud):
    table = "`winter-days-local.winter_days_keys.pseudonym_key`"
    with bigquery_client(cloud.endpoints.project) as client:
        ((key,),) = client.query_and_wait(f"SELECT key FROM {table}")
        client.query_and_wait(f"SELECT COUNT(*) FROM {table} WHERE key = 'no key'")
    assert key
    assert not [process for process in cloud.processes() if key in " ".join(process.cmdline())]
    logs = list((cloud.folder / "logs").iterdir())
    assert logs
    assert not [log for log in logs if key in log.read_text(errors="replace")]
