"""The way to a running cloud for Google's clients: variables, and credentials that are nobody's.

Most clients want credentials before they look where they are led. These are a word in place of a token: it
needs no service that gives tokens out, is never exchanged for another, and Google's own services know it not.
They hold only where the variables do: what a person has by `gcloud auth` is neither read nor replaced.
"""

import json
from pathlib import Path

from localcloud.endpoints import Endpoints

NOBODY = {"type": "external_account_authorized_user", "token": "nobody-of-the-laptops-cloud"}
CREDENTIALS = "credentials.json"
ENV_FILE = "clients.env"


def variables(folder: Path, endpoints: Endpoints) -> dict[str, str]:
    """Return the variables that lead Google's clients to the cloud of a state folder."""
    credentials = str(folder.resolve() / CREDENTIALS)
    return {**endpoints.environment(), "GOOGLE_APPLICATION_CREDENTIALS": credentials}


def write_credentials(folder: Path) -> None:
    """Write the file that GOOGLE_APPLICATION_CREDENTIALS names."""
    (folder / CREDENTIALS).write_text(json.dumps(NOBODY) + "\n")


def write_env_file(folder: Path, endpoints: Endpoints) -> None:
    """Write the variables for what reads a file of them, such as VS Code: NAME=value, unquoted."""
    lines = [f"{name}={value}\n" for name, value in variables(folder, endpoints).items()]
    (folder / ENV_FILE).write_text("".join(lines))


def remove_env_file(folder: Path) -> None:
    """Lead nobody to a cloud that has ended."""
    (folder / ENV_FILE).unlink(missing_ok=True)
