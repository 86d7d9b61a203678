"""The error that a person reads: one sentence, with what to do."""


class StepError(Exception):
    """A step cannot continue; it is never retried, which would not help (components/shared/retries.py)."""


class ArgumentsError(StepError):
    """An argument is invalid: exit code 2 on a command line."""


class StoppedError(StepError):
    """The step was asked to stop, by SIGTERM."""
