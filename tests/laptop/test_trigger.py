"""How `make run` asks for its run."""

from datetime import date
from typing import Any

import httpx
import pytest

from laptop.trigger import trigger


def test_a_run_of_the_laptop_is_asked_for_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """The orchestrator says `scheduler` of what has the headers of Cloud Scheduler alone."""
    asked: dict[str, Any] = {}

    def post(url: str, **more: Any) -> httpx.Response:
        asked.update(more)
        return httpx.Response(200, json={"id": "churn-1"}, request=httpx.Request("POST", url))

    monkeypatch.setattr(httpx, "post", post)
    assert trigger("http://orchestrator.test", date(2026, 1, 31), {"sources": "a"})["id"] == "churn-1"
    assert asked["json"] == {"as_of": "2026-01-31", "parameters": {"sources": "a"}, "rerun": True}
    assert not [name for name in asked.get("headers", {}) if "scheduler" in name.lower()]
