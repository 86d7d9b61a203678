"""Asks the orchestrator to start, repeat or cancel a run."""

from typing import Any

import httpx

TIMEOUT_SECONDS = 90.0


class OrchestratorError(Exception):
    """Why the orchestrator did not do it, in words for people."""


class Orchestrator:
    """The orchestrator at an address, such as http://127.0.0.1:8080."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def start_today(self) -> str:
        """Start today's batch, or find it when it was started before; return the run's id."""
        return self._start({})

    def start_again(self, as_of: str) -> str:
        """Start a date's batch again; return the new run's id."""
        return self._start({"as_of": as_of, "rerun": True})

    def cancel(self, run_id: str) -> None:
        """Ask for a run to end."""
        self._post(f"/runs/{run_id}:cancel", {})

    def _start(self, body: dict[str, Any]) -> str:
        return str(self._post("/", body)["id"])

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = httpx.post(self._url + path, json=body, timeout=TIMEOUT_SECONDS)
        except httpx.TransportError as error:
            raise OrchestratorError(f"The orchestrator at {self._url} does not answer: {error}") from error
        if answer.is_error:
            raise OrchestratorError(f"The orchestrator answered {answer.status_code}: {_reason(answer)}")
        content: dict[str, Any] = answer.json()
        return content


def _reason(answer: httpx.Response) -> str:
    """Return what an answer says in detail: a sentence, or a fault for each field that is wrong."""
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return answer.text
    if not isinstance(detail, list):
        return str(detail)
    return "; ".join(f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in detail)
