"""A page of another origin, in Chromium, tries every way in which a page can reach the services."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from components.shared.names import BUCKET
from tests.localcloud.security.conftest import GRPC_SERVICES, SECRET

SECONDS = 120_000
ATTACK = (Path(__file__).parent / "attack.js").read_text(encoding="utf-8")


class Strange(http.server.BaseHTTPRequestHandler):
    """Somebody else's site: one empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>strange</title><body></body>")

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def strange_site() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Strange) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def targets(cloud) -> dict[str, list]:
    """Return what the page is told, which is more than it could find out."""
    hidden = cloud.hidden_ports()
    assert len(hidden) == 1
    bodies = {name: change[2] for name, change in cloud.changes().items()}
    texts = {name: body if isinstance(body, str) else json.dumps(body) for name, body in bodies.items()}
    unspoken = [*hidden, *(cloud.endpoints.ports[name] for name in GRPC_SERVICES)]
    secret = cloud.readings()["storage"].split("/", 3)[3]
    return {
        "changes": [(method, url, texts[name]) for name, (method, url, _) in cloud.changes().items()],
        "readings": [*cloud.readings().values(), *(f"http://127.0.0.1:{port}/{secret}" for port in unspoken)],
        "ports": [*cloud.endpoints.ports.values(), *hidden],
        "tls": [f"https://127.0.0.1:{port}/{secret}" for port in hidden],
    }


def test_a_page_of_another_origin_reads_nothing_and_does_nothing(cloud, chromium, strange_site):
    page = chromium.new_page()
    page.set_default_timeout(SECONDS)
    page.goto(strange_site)
    found = page.evaluate(ATTACK, targets(cloud))
    assert found["tried"] > 130
    assert found["read"] == []
    for frame in page.frames[1:]:
        assert SECRET not in frame.content()
        assert "Winter Days" not in frame.content()
    page.close()
    cloud.assert_untouched()


def test_a_page_in_a_bucket_runs_no_script(cloud, chromium):
    objects = f"{cloud.url('storage')}/storage/v1/b/{BUCKET}/o"
    upload = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name="
    script = f"r = new XMLHttpRequest(); r.open('POST', '{upload}strange', false); r.send('x')"
    made = f"<!doctype html><p>shown</p><script>{script}</script>"
    headers = {"Content-Type": "text/html", "Origin": cloud.url("storage")}
    httpx.post(f"{cloud.url('storage')}{upload}page", content=made, headers=headers).raise_for_status()
    page = chromium.new_page()
    page.goto(f"{objects}/page?alt=media")
    page.get_by_text("shown").wait_for()
    page.close()
    httpx.delete(f"{objects}/page").raise_for_status()
    cloud.assert_untouched()


def test_the_consoles_own_page_still_works(cloud, chromium):
    page = chromium.new_page()
    page.goto(f"{cloud.url('vertex')}/")
    page.get_by_text("Winter Days").first.wait_for()
    assert page.locator("button").count() > 0
    page.close()
