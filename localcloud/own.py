"""Serve one of the project's own services behind the guard: python -m localcloud.own NAME --port 8080."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable

from localcloud.endpoints import HOST
from localcloud.guard import JSON, Application, Guard, Guarded
from localcloud.settings import Settings, SettingsError, load

type Serve = Callable[[list[str], Callable[[Application], Application]], int]


def main() -> int:
    """Serve until SIGTERM, in the project's folder; the service takes its settings from the environment."""
    parser = argparse.ArgumentParser("python -m localcloud.own", description=__doc__)
    parser.add_argument("name", help="NAME of a [service.NAME] in the settings")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    try:
        settings = load()
        serve = _function(settings, arguments.name)
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    guard = Guard(arguments.port, JSON | set(settings.service[arguments.name].content_types))
    options = ["--host", HOST, "--port", str(arguments.port)]
    return serve(options, lambda application: Guarded(application, guard))


def _function(settings: Settings, name: str) -> Serve:
    """Return the function that a service's `serve` names, imported from the project's folder."""
    if name not in settings.service:
        known = ", ".join(settings.service) or "none"
        raise SettingsError(f"there is no [service.{name}] in the settings; the services are: {known}")
    os.chdir(settings.folder)
    sys.path.insert(0, str(settings.folder))
    module, _, function = settings.service[name].serve.partition(":")
    try:
        found: Serve = getattr(importlib.import_module(module), function)
    except (ModuleNotFoundError, AttributeError) as error:
        raise SettingsError(f"service.{name}.serve: {error}") from error
    return found


if __name__ == "__main__":
    sys.exit(main())
