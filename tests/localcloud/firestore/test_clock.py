"""The local Firestore's clock: once set, it runs on from that time and never goes back."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.cloud import firestore

from localcloud.firestore.clock import Clock
from localcloud.supervisor import running
from tests.cloud import led_to

pytestmark = pytest.mark.services
PAST, LATER = datetime(2025, 6, 30, 2, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
MOMENT = timedelta(minutes=5)


def test_documents_have_the_time_set_on_the_clock_while_the_server_runs(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "firestore")
    assert clock.set_to(PAST)
    with running(tmp_path, services=("firestore",)) as endpoints, led_to(endpoints):
        document = firestore.Client(project=endpoints.project).collection("sales").document("a")
        written = [document.set({"n": 1}).update_time]
        assert clock.set_to(LATER)
        written.append(document.set({"n": 2}).update_time)
        assert not clock.set_to(PAST)
        written.append(document.set({"n": 3}).update_time)
        created = document.get().create_time
    for time, expected in zip([*written, created], [PAST, LATER, LATER, PAST], strict=True):
        assert expected <= time < expected + MOMENT
    assert written == sorted(written)


def test_an_unset_clock_has_the_machines_time(tmp_path: Path) -> None:
    now = datetime.now(UTC).timestamp()
    assert Clock(tmp_path).now() / 1e6 == pytest.approx(now, abs=60)


@pytest.mark.parametrize(
    ("at", "code", "said"),
    [
        ("2026-02-01T02:00:00+00:00", 0, ""),
        ("2026-02-01T02:00:00", 2, "--at needs a time zone"),
        ("tomorrow", 2, "invalid"),
    ],
)
def test_the_command_sets_the_clock(tmp_path: Path, at: str, code: int, said: str) -> None:
    command = [sys.executable, "-m", "localcloud.firestore.clock", "--data-dir", str(tmp_path), "--at", at]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert said in done.stderr
    if code == 0:
        set_to = datetime.fromisoformat(at).timestamp()
        assert Clock(tmp_path).now() / 1e6 == pytest.approx(set_to, abs=60)
