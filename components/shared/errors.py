"""The error that a person reads: one sentence, with what to do."""


class StepError(Exception):
    """A step cannot continue; it is never retried, which would not help (components/shared/retries.py)."""


class StoppedError(StepError):
    """The step was asked to stop, by SIGTERM."""
