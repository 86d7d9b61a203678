"""Which Dataform actions a run has completed so far, to show its progress."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from google.cloud.dataform_v1 import WorkflowInvocation, WorkflowInvocationAction

from components.shared.clients import dataform_client
from components.shared.retries import FAILED_CALL

LOOK_SECONDS = 1.0
ANSWER_SECONDS = 5.0
State = WorkflowInvocationAction.State
WAITING = (State.PENDING, State.RUNNING)


@dataclass(frozen=True)
class Progress:
    """How many actions of an invocation have ended, how many there are, and which ended last."""

    ended: int
    total: int
    last: str

    def __str__(self) -> str:
        return f"{self.ended} of {self.total}, {self.last}"


class DataformProgress:
    """The actions of a repository's running invocation, polled at most once a second."""

    def __init__(self, repository: str, now: Callable[[], float] = monotonic) -> None:
        """Make no request yet; `repository` is a resource name."""
        self._repository = repository
        self._client = dataform_client()
        self._now = now
        self._next = 0.0
        self._invocation = ""
        self._found: Progress | None = None

    def progress(self) -> Progress | None:
        """Return the latest known progress; None before the first action has ended.

        A service that does not answer is not an error here: the run itself reports it.
        """
        if self._now() >= self._next:
            self._next = self._now() + LOOK_SECONDS
            try:
                self._look()
            except FAILED_CALL:
                return self._found
        return self._found

    def _look(self) -> None:
        self._invocation = self._invocation or self._running()
        if not self._invocation:
            return
        asked = {"name": self._invocation}
        actions = self._client.query_workflow_invocation_actions(
            request=asked, retry=None, timeout=ANSWER_SECONDS
        )
        found = list(actions)
        ended = [action for action in found if action.state not in WAITING]
        if ended:
            last = max(ended, key=lambda action: action.invocation_timing.end_time.ToNanoseconds())
            self._found = Progress(len(ended), len(found), last.target.name)

    def _running(self) -> str:
        invocations = self._client.list_workflow_invocations(
            parent=self._repository, retry=None, timeout=ANSWER_SECONDS
        )
        running = (each.name for each in invocations if each.state == WorkflowInvocation.State.RUNNING)
        return next(running, "")
