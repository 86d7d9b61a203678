"""Ask the project's own service that starts runs to start, repeat, retry or cancel one."""

from typing import Any

import httpx

TIMEOUT_SECONDS = 90.0


class TriggerError(Exception):
    """The reason why the service refused or failed, worded for people."""


class Trigger:
    """The trigger service: its name, its address, such as http://127.0.0.1:8080, and its runs' parameter."""

    def __init__(self, name: str, url: str, parameter: str) -> None:
        self._name = name
        self._url = url.rstrip("/")
        self._parameter = parameter

    def start(self) -> str:
        """Start the run that is due, or find it if it has already been started; return the run's id."""
        return self._start({})

    def start_again(self, value: str) -> str:
        """Start another run for a value of the parameter; return the new run's id."""
        return self._start({self._parameter: value, "rerun": True})

    def retry(self, run_id: str) -> str:
        """Resume a failed run from the failed step; return the new run's id."""
        return str(self._post(f"/runs/{run_id}:retry", {})["id"])

    def cancel(self, run_id: str) -> None:
        """Request the cancellation of a run."""
        self._post(f"/runs/{run_id}:cancel", {})

    def _start(self, body: dict[str, Any]) -> str:
        return str(self._post("/", body)["id"])

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = httpx.post(self._url + path, json=body, timeout=TIMEOUT_SECONDS)
        except httpx.TransportError as error:
            raise TriggerError(f"The {self._name} at {self._url} is not responding: {error}") from error
        if answer.is_error:
            raise TriggerError(f"The {self._name} answered {answer.status_code}: {_reason(answer)}")
        content: dict[str, Any] = answer.json()
        return content


def _reason(answer: httpx.Response) -> str:
    """Return the detail of an error response: a sentence, or one fault per invalid field."""
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return answer.text
    if not isinstance(detail, list):
        return str(detail)
    return "; ".join(f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in detail)
