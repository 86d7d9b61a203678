"""What to do if Google does not accept the caller's credentials."""

from google.auth.exceptions import DefaultCredentialsError, RefreshError

LOGIN = "gcloud auth application-default login"


def describe_error(error: Exception) -> str:
    """Return an error's first line; for missing or expired credentials, with the command that fixes it."""
    line = str(error).partition("\n")[0].partition("; reason:")[0]
    if isinstance(error, DefaultCredentialsError | RefreshError):
        return f"no credentials for Google Cloud: run {LOGIN} ({line.rstrip('. ')})"
    return line
