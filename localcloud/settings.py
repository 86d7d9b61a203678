"""A project's settings for its local cloud: localcloud.toml, checked completely before anything starts."""

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from localcloud.endpoints import GOOGLE, Endpoints
from localcloud.state import LocalCloudError

FILE = "localcloud.toml"
FILE_VARIABLE = "LOCALCLOUD_SETTINGS"  # set, like STATE_VARIABLE, for all that a cloud starts
STATE_VARIABLE = "LOCALCLOUD_STATE"
DEFAULT_STATE = ".localcloud"

type Google = Literal["bigquery", "storage", "firestore", "dataform", "vertex"]
type Project = Annotated[str, Field(pattern=r"^[a-z][-a-z0-9]{4,28}[a-z0-9]$")]
type Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
type Function = Annotated[str, Field(pattern=r"^\w+(\.\w+)*:\w+$")]
type Module = Annotated[str, Field(pattern=r"^\w+(\.\w+)*$")]
type UrlPath = Annotated[str, Field(pattern=r"^/\S*$")]


class SettingsError(LocalCloudError):
    """An invalid settings file; the message has a line for each fault that says what is allowed."""


class Table(BaseModel):
    """A table of the file, which accepts no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Console(Table):
    """The console: title, icon, the service behind its buttons, the parameter of its runs, datasets to show.

    `higher_is_better` and `lower_is_better` name metrics; for all others the better direction is unknown.
    """

    title: str = "Local cloud"
    icon: str = ""
    trigger: str = ""
    start: str = "Start a run"
    parameter: str = ""
    datasets: list[str] = []
    higher_is_better: list[str] = []
    lower_is_better: list[str] = []


class OwnService(Table):
    """One of the project's own services: the function that serves it, and the variables that it receives."""

    serve: Function
    health: UrlPath = "/healthz"
    content_types: list[str] = []
    environment: dict[str, str] = {}


class Keep(Table):
    """How much history is kept: minutes of BigQuery's past, and how many runs and compilations."""

    past_minutes: Annotated[int, Field(ge=0)] = 60
    runs: Annotated[int, Field(ge=1)] = 100


class Settings(Table):
    """The whole file; the README explains each key."""

    project: Project = "local-project"
    google: list[Google] = ["bigquery", "storage", "firestore", "dataform", "vertex"]
    state: str = DEFAULT_STATE
    command: str = "python -m localcloud {command} --state-dir {state}"
    provision: list[str] = []
    preload: list[Module] = []
    console: Console = Console()
    keep: Keep = Keep()
    service: dict[Name, OwnService] = {}
    _file: Path | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if faults := list(_contradictions(self)):
            raise ValueError("\n".join(faults))
        return self

    @property
    def file(self) -> Path | None:
        """The settings file that was read, or None if there was none."""
        return self._file

    @property
    def folder(self) -> Path:
        """The project's folder: the settings file's folder, or else the working directory."""
        return self._file.parent if self._file else Path.cwd()

    @property
    def icon(self) -> Path | None:
        """The file of the console's icon, or None for the default icon."""
        return self.folder / self.console.icon if self.console.icon else None

    @property
    def ports(self) -> list[str]:
        """The name of each port that the services listen on."""
        return [port for name in self.google for port in GOOGLE[name]] + list(self.service)

    def advice(self, command: str, state: Path | str) -> str:
        """Return what to type to run a command of the local cloud."""
        return self.command.format(command=command, state=state)

    def fill_placeholders(self, text: str, endpoints: Endpoints, state: Path) -> str:
        """Return a text with its placeholders filled in."""
        addresses = {name: endpoints.address(name) for name in endpoints.ports}
        return text.format(**addresses, project=endpoints.project, state=state, python=sys.executable)


def load(file: Path | None = None, project: str | None = None) -> Settings:
    """Return the settings in a file, with `project` replaced if one is given; raise SettingsError.

    The file defaults to LOCALCLOUD_SETTINGS, then to localcloud.toml in the working directory; if that does
    not exist, every setting has its default.
    """
    found, is_there = _file(file)
    content = _content(found) if is_there else {}
    try:
        settings = Settings.model_validate(content | ({"project": project} if project else {}))
    except ValidationError as error:
        raise SettingsError("\n".join(f"{found.name}: {fault}" for fault in _faults(error))) from None
    settings._file = found if is_there else None
    if settings.icon and not settings.icon.is_file():
        raise SettingsError(f"{found.name}: console.icon: there is no file {settings.icon}")
    return settings


def load_state(file: Path | None = None) -> Settings:
    """Return settings with only the state folder taken from a file, even if the rest of it is invalid."""
    found, is_there = _file(file)
    try:
        state = _content(found).get("state") if is_there else None
    except SettingsError:
        state = None
    return Settings(state=state) if isinstance(state, str) else Settings()


def _file(file: Path | None) -> tuple[Path, bool]:
    """Return the path of the settings file, and whether it exists or was asked for by name."""
    named = file or (Path(os.environ[FILE_VARIABLE]) if os.environ.get(FILE_VARIABLE) else None)
    found = (named or Path(FILE)).resolve()
    return found, bool(named) or found.exists()


def _content(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file.name} is not TOML: {error}") from error


def _contradictions(settings: Settings) -> Iterator[str]:
    """Yield the faults of values that are valid by themselves but not in combination."""
    if "dataform" in settings.google and "bigquery" not in settings.google:
        yield "google: dataform needs bigquery: add it"
    for name in settings.service:
        if name in {port for ports in GOOGLE.values() for port in ports}:
            yield f"service.{name}: this is the name of a Google service; choose another"
    if settings.console.trigger not in ("", *settings.service):
        known = ", ".join(settings.service) or "none yet"
        yield f"console.trigger: {settings.console.trigger!r} is not a [service.…] in this file ({known})"
    yield from _check_placeholders("command", settings.command, ("command", "state"))
    names = ("project", "state", "python", *settings.ports)
    texts = {f"provision[{index}]": word for index, word in enumerate(settings.provision)}
    for name, service in settings.service.items():
        texts |= {f"service.{name}.environment.{key}": text for key, text in service.environment.items()}
    for key, text in texts.items():
        yield from _check_placeholders(key, text, names)


def _check_placeholders(key: str, text: str, known: tuple[str, ...]) -> Iterator[str]:
    may = f"may contain {', '.join(f'{{{name}}}' for name in known)}; write other braces twice: {{{{ }}}}"
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        yield f"{key} {may}"
        return
    if any(field is not None and (field not in known or more or how) for _, field, more, how in parts):
        yield f"{key} {may}"


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        place = ".".join(map(str, fault["loc"]))
        match fault["type"]:
            case "extra_forbidden":
                keys = ", ".join(_table(fault["loc"][:-1]).model_fields)
                yield f"{place} is not a key here; the keys are {keys}"
            case "missing":
                yield f"{place} is missing"
            case "value_error":
                yield from str(fault["ctx"]["error"]).splitlines()
            case _:
                yield f"{place}: {fault['msg']}, not {fault['input']!r}"


def _table(place: tuple[int | str, ...]) -> type[Table]:
    """Return the model of the table at a place in the file."""
    kinds: Mapping[str, type[Table]] = {"console": Console, "keep": Keep, "service": OwnService}
    return kinds[str(place[0])] if place else Settings
