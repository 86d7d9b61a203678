"""What to do where Google does not know who asks."""

from google.auth.exceptions import DefaultCredentialsError, RefreshError

LOGIN = "gcloud auth application-default login"


def told(error: Exception) -> str:
    """Return an error's first line; where credentials are missing or have ended, with what brings them."""
    line = str(error).partition("\n")[0].partition("; reason:")[0]
    if isinstance(error, DefaultCredentialsError | RefreshError):
        return f"no credentials for Google Cloud: run {LOGIN} ({line.rstrip('. ')})"
    return line
