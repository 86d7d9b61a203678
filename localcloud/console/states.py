"""The states of runs and steps, as people see them."""

from dataclasses import dataclass

from google.cloud import aiplatform_v1


@dataclass(frozen=True)
class State:
    """A state's word, sign and tone, and whether it is final.

    Tones are good, bad, going, waiting, stopped and reused.
    """

    word: str
    sign: str
    tone: str
    final: bool


_UNKNOWN = State("Unknown", "?", "waiting", True)
NOT_REACHED = State("Not reached", "·", "waiting", True)
REUSED = State("Reused", "↺", "reused", True)  # an earlier run's outputs were used
WAITING = State("Waiting", "○", "waiting", False)
_STATES = {
    "SUCCEEDED": State("Succeeded", "✓", "good", True),
    "FAILED": State("Failed", "✕", "bad", True),
    "RUNNING": State("Running", "▸", "going", False),
    "QUEUED": WAITING,
    "PENDING": WAITING,
    "PAUSED": State("Paused", "‖", "waiting", False),
    "CANCEL_PENDING": State("Cancelling", "◌", "stopped", False),
    "CANCELLING": State("Cancelling", "◌", "stopped", False),
    "CANCELLED": State("Cancelled", "■", "stopped", True),
    "SKIPPED": REUSED,
    "NOT_TRIGGERED": NOT_REACHED,
}


def state_of(state: aiplatform_v1.PipelineState | aiplatform_v1.PipelineTaskDetail.State) -> State:
    """Return how a job's or a task's state is shown."""
    return state_named(state.name.removeprefix("PIPELINE_STATE_"))


def state_named(name: str) -> State:
    """Return how a state is shown, by its name in the API."""
    return _STATES.get(name, _UNKNOWN)
