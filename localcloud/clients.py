"""How Google's clients find a running cloud: environment variables and dummy credentials.

Most clients require credentials before they read an emulator's address. The dummy ones are a fixed token: it
needs no token service, is never exchanged, and Google's own services do not accept it. They apply only where
the variables do: a person's `gcloud auth` credentials are neither read nor replaced.
"""

import json
from pathlib import Path

from localcloud.endpoints import Endpoints

NOBODY = {"type": "external_account_authorized_user", "token": "nobody-of-the-laptops-cloud"}
CREDENTIALS = "credentials.json"
ENV_FILE = "clients.env"


def variables(folder: Path, endpoints: Endpoints) -> dict[str, str]:
    """Return the variables that point Google's clients at the cloud of a state folder."""
    credentials = str(folder.resolve() / CREDENTIALS)
    return {**endpoints.environment(), "GOOGLE_APPLICATION_CREDENTIALS": credentials}


def write_credentials(folder: Path) -> None:
    """Write the file that GOOGLE_APPLICATION_CREDENTIALS names."""
    (folder / CREDENTIALS).write_text(json.dumps(NOBODY) + "\n")


def write_env_file(folder: Path, endpoints: Endpoints) -> None:
    """Write the variables as NAME=value, unquoted, for tools that read such a file, like VS Code."""
    lines = [f"{name}={value}\n" for name, value in variables(folder, endpoints).items()]
    (folder / ENV_FILE).write_text("".join(lines))


def remove_env_file(folder: Path) -> None:
    """Remove that file, so that no tool is pointed at a cloud that has ended."""
    (folder / ENV_FILE).unlink(missing_ok=True)
