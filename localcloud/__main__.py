"""Run local stand-ins for Google's services, and a project's own, on 127.0.0.1."""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import nullcontext, suppress
from pathlib import Path
from time import monotonic, sleep

from rich.console import Console

from localcloud.clients import variables
from localcloud.endpoints import Endpoints
from localcloud.services import services_of
from localcloud.settings import DEFAULT_STATE, FILE, STATE_VARIABLE, Settings, load, load_state
from localcloud.state import LocalCloudError, State, in_turn, is_locked, make_private
from localcloud.status import service_statuses, table
from localcloud.supervisor import (
    START_SECONDS,
    check_services,
    environment,
    log_file,
    running,
    supervise,
    to_stderr,
)

EXAMPLES = """examples:
  python -m localcloud run -- python -m pytest   start, run the command, stop
  eval "$(python -m localcloud up)"              start, and point clients at it
  python -m localcloud status
  python -m localcloud down"""
STOP_SECONDS = 20.0
UNFIT = "'?\\{}"  # the engine of BigQuery's stand-in does not take them for parts of a file's name
NOTHING_RUNS = 3  # an exit code, the same as systemctl's


def main() -> int:
    """Run one of the commands and return its exit code; an error is one clear line and exit code 1."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        # `down` must work even if the settings have become invalid.
        is_down = arguments.command == "down"
        file = arguments.settings
        settings = load_state(file) if is_down else load(file, arguments.project)
        arguments.state_dir = arguments.state_dir or Path(os.environ.get(STATE_VARIABLE) or settings.state)
        _check_folder(arguments.state_dir)
        return COMMANDS[arguments.command](arguments, settings)
    except (LocalCloudError, OSError) as error:
        print(f"localcloud: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m localcloud",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    state = f"folder of data, logs and ports ({STATE_VARIABLE}, else `state` in {FILE}, else {DEFAULT_STATE})"
    common.add_argument("--state-dir", type=Path, metavar="FOLDER", help=state)
    common.add_argument("--settings", type=Path, metavar="FILE", help=f"settings file, instead of ./{FILE}")
    common.add_argument("--project", help="project id, instead of the one in the settings")
    up = commands.add_parser("up", parents=[common], help="start everything and print the environment")
    up.add_argument("--foreground", action="store_true", help="run in the foreground, until Ctrl-C")
    commands.add_parser("down", parents=[common], help="stop everything; data is kept")
    commands.add_parser("status", parents=[common], help="show which services run, where, and their memory")
    run = commands.add_parser("run", parents=[common], help="run a command in the local cloud")
    run.add_argument("argv", nargs="+", metavar="COMMAND", help="the command, after --")
    return parser


def _check_folder(folder: Path) -> None:
    """Raise LocalCloudError if the state cannot be in this folder."""
    if unfit := sorted(set(UNFIT) & set(str(folder.resolve()))):
        raise LocalCloudError(f"{folder.resolve()}: the path of the state cannot contain {' '.join(unfit)}")
    for path in (folder, *folder.parents):
        if path.is_file():
            raise LocalCloudError(f"{path} is a file: the state needs a folder")


def _up(arguments: argparse.Namespace, settings: Settings) -> int:
    folder: Path = arguments.state_dir
    if arguments.foreground:
        return _supervise(folder, settings)
    with in_turn(folder):  # of two at once, the second finds what the first has started
        state = State.read(folder)
        if state.is_supervised() and state.exits:
            _revive(folder, state, settings)
        if not (state.healthy and state.is_supervised()):
            state = _start(folder, settings)
    _print_environment(folder, state.endpoints)
    if "vertex" in state.services:
        to_stderr(f"the console is at http://{state.endpoints.address('vertex')}")
    return 0


def _start(folder: Path, settings: Settings) -> State:
    """Start a supervisor in the background and have the project provision its cloud: both or neither."""
    state = _detach(folder, settings)
    if settings.provision:
        try:
            with _progress("provisioning the local cloud"):
                _provision(folder, state.endpoints, settings)
        except BaseException:
            _stop(folder)
            raise
    return state


def _provision(folder: Path, endpoints: Endpoints, settings: Settings) -> None:
    """Run the provision command of the settings; its output is for people and therefore goes to stderr."""
    command = [settings.fill_placeholders(word, endpoints, folder.resolve()) for word in settings.provision]
    around = {**os.environ, **environment(settings, folder, endpoints)}
    try:
        done = subprocess.run(command, env=around, cwd=settings.folder, stdout=sys.stderr, check=False)
    except OSError as error:
        raise LocalCloudError(f"cannot run the provision command {command[0]}: {error.strerror}") from error
    if done.returncode:
        raise LocalCloudError(f"the provision command `{shlex.join(command)}` failed: see its messages above")


def _supervise(folder: Path, settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; on SIGUSR1, restart the services that have ended."""
    wanted = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: wanted.set())
    services = list(services_of(settings).values())
    with supervise(folder, settings, services, to_stderr, revives=True) as supervisor:
        _print_environment(folder, supervisor.endpoints)
        while wanted.wait():
            wanted.clear()
            try:
                supervisor.revive(to_stderr)
            except LocalCloudError as error:
                to_stderr(f"localcloud: {error}")
    return 0


def _revive(folder: Path, state: State, settings: Settings) -> None:
    """Have the supervisor restart the services that have ended; raise LocalCloudError if it cannot."""
    if state.revives and state.supervisor is not None:
        with _progress(f"starting {', '.join(state.exits)} again"):
            os.kill(state.supervisor, signal.SIGUSR1)
            deadline = monotonic() + START_SECONDS
            while (state := State.read(folder)).exits or not state.healthy:
                if monotonic() > deadline or not state.is_supervised():
                    break
                sleep(0.05)
    check_services(folder, settings)


def _detach(folder: Path, settings: Settings) -> State:
    """Start a supervisor that outlives this process; return its state once all services answer."""
    log = log_file(make_private(folder), "supervisor")
    log.parent.mkdir(exist_ok=True)
    options = ["--foreground", "--state-dir", str(folder), "--project", settings.project]
    options += ["--settings", str(settings.file)] if settings.file else []
    with log.open("wb") as out:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "localcloud", "up", *options],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with _progress("starting the local cloud"):
        return _await_health(folder, supervisor, log)


def _await_health(folder: Path, supervisor: subprocess.Popen[bytes], log: Path) -> State:
    deadline = monotonic() + START_SECONDS + STOP_SECONDS
    while monotonic() < deadline:
        state = State.read(folder)
        if state.healthy and state.supervisor == supervisor.pid:
            return state
        if supervisor.poll() is not None:
            raise LocalCloudError(log.read_text(errors="replace").strip().removeprefix("localcloud: "))
        sleep(0.05)
    supervisor.terminate()
    raise LocalCloudError(f"not ready after {START_SECONDS + STOP_SECONDS:.0f} s; see {log}")


def _down(arguments: argparse.Namespace, _: Settings) -> int:
    _stop(arguments.state_dir)
    return 0


def _stop(folder: Path) -> None:
    state = State.read(folder)
    if not (state.is_supervised() or is_locked(folder)):
        to_stderr(f"no services are running in {folder}")
        return
    with _progress("stopping the local cloud"):
        for number in (signal.SIGTERM, signal.SIGKILL):
            if state.supervisor is not None and state.is_supervised():
                os.kill(state.supervisor, number)
            if _is_released(folder):
                return
    raise LocalCloudError(
        f"processes still use {folder} after {2 * STOP_SECONDS:.0f} s; see {folder / 'logs'}"
    )


def _is_released(folder: Path) -> bool:
    deadline = monotonic() + STOP_SECONDS
    while is_locked(folder):
        if monotonic() > deadline:
            return False
        sleep(0.05)
    return True


def _status(arguments: argparse.Namespace, settings: Settings) -> int:
    folder = arguments.state_dir
    statuses = service_statuses(State.read(folder), services_of(settings).values())
    Console().print(table(statuses))
    if all(status.state == "stopped" for status in statuses):
        to_stderr(f"no services are running in {folder}: `{settings.advice('up', folder)}` starts them")
        return NOTHING_RUNS
    return 0 if all(status.state == "healthy" for status in statuses) else 1


def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    with running(arguments.state_dir, settings=settings) as endpoints:
        around = {**os.environ, **environment(settings, arguments.state_dir, endpoints)}
        try:
            with subprocess.Popen(arguments.argv, env=around) as command:
                return _await(command)
        except OSError as error:
            raise LocalCloudError(f"cannot run {arguments.argv[0]}: {error.strerror}") from error


def _await(command: subprocess.Popen[bytes]) -> int:
    """Return a command's exit code. It receives Ctrl-C too and may clean up; a second Ctrl-C ends it."""
    told = False
    while True:
        try:
            return command.wait()
        except KeyboardInterrupt:
            if told:
                command.terminate()
            told = True
        except SystemExit:
            command.terminate()
            with suppress(subprocess.TimeoutExpired):
                command.wait(STOP_SECONDS)
            command.kill()
            raise


def _progress(message: str) -> "nullcontext[None]":
    console = Console(stderr=True)
    return console.status(f"{message} …") if console.is_terminal else nullcontext()  # type: ignore[return-value]


def _print_environment(folder: Path, endpoints: Endpoints) -> None:
    for name, value in variables(folder, endpoints).items():
        print(f"export {name}={shlex.quote(value)}", flush=True)


COMMANDS = {"up": _up, "down": _down, "status": _status, "run": _run}

if __name__ == "__main__":
    sys.exit(main())
