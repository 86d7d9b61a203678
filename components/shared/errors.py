"""The error that a person reads: one sentence, with what to do."""


class StepError(Exception):
    """A step cannot go on, and trying again would not help: nothing does (components/shared/retries.py)."""


class StoppedError(StepError):
    """The step was asked to stop, by SIGTERM."""
