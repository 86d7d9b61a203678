"""The laptop's cloud: stand-ins of the Google services, the orchestrator and a console on 127.0.0.1."""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from time import monotonic, sleep

from rich.console import Console

from localcloud.endpoints import DEFAULT_PROJECT, Endpoints
from localcloud.services import SERVICES
from localcloud.state import LocalCloudError, State, is_locked, private
from localcloud.status import service_statuses, table
from localcloud.supervisor import START_SECONDS, check_services, log_file, running, supervised, to_stderr

EXAMPLES = """examples:
  python -m localcloud run -- python -m pytest tests/e2e   start, run the command, stop
  eval "$(python -m localcloud up)"                        start, and lead Google's clients there
  python -m localcloud status
  python -m localcloud down"""
STOP_SECONDS = 20.0


def main() -> int:
    """Run one of the commands; return its exit code, 1 with one clear line for what went wrong."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return COMMANDS[arguments.command](arguments)
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
    common.add_argument("--state-dir", type=Path, default=Path(".localcloud"), help="data, logs and ports")
    common.add_argument("--project", default=DEFAULT_PROJECT, help=f"default: {DEFAULT_PROJECT}")
    up = commands.add_parser("up", parents=[common], help="start everything and print the environment")
    up.add_argument("--foreground", action="store_true", help="stay, until Ctrl-C")
    commands.add_parser("down", parents=[common], help="stop everything; data stay")
    commands.add_parser("status", parents=[common], help="say what runs, where, and its memory")
    run = commands.add_parser("run", parents=[common], help="run a command in the laptop's cloud")
    run.add_argument("argv", nargs="+", metavar="COMMAND", help="the command, after --")
    return parser


def _up(arguments: argparse.Namespace) -> int:
    folder: Path = arguments.state_dir
    state = State.read(folder)
    if arguments.foreground:
        return _supervise(folder, arguments.project)
    if state.is_supervised() and state.exits:
        _revive(folder, state)
    if not (state.healthy and state.is_supervised()):
        state = _detach(folder, arguments.project)
        with _progress("provisioning it"):
            _make_ready(state.endpoints)
    _print_environment(state.endpoints)
    to_stderr(f"the console is at http://{state.endpoints.address('vertex')}")
    return 0


def _make_ready(endpoints: Endpoints) -> None:
    from localcloud.provision import make_ready  # Google's clients, which no other command needs

    os.environ.update(endpoints.environment())
    make_ready(endpoints.project)


def _supervise(folder: Path, project: str) -> int:
    """Stay until SIGTERM or SIGINT; at SIGUSR1, start again what has ended."""
    wanted = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: wanted.set())
    with supervised(folder, project, tuple(SERVICES), to_stderr, revives=True) as supervisor:
        _print_environment(supervisor.endpoints)
        while wanted.wait():
            wanted.clear()
            try:
                supervisor.revive(to_stderr)
            except LocalCloudError as error:
                to_stderr(f"localcloud: {error}")
    return 0


def _revive(folder: Path, state: State) -> None:
    """Have the supervisor start again what has ended; raise LocalCloudError when it cannot."""
    if state.revives and state.supervisor is not None:
        with _progress(f"starting {', '.join(state.exits)} again"):
            os.kill(state.supervisor, signal.SIGUSR1)
            deadline = monotonic() + START_SECONDS
            while (state := State.read(folder)).exits or not state.healthy:
                if monotonic() > deadline or not state.is_supervised():
                    break
                sleep(0.05)
    check_services(folder)


def _detach(folder: Path, project: str) -> State:
    """Start a supervisor that outlives this process; return its state once all services answer."""
    log = log_file(private(folder), "supervisor")
    log.parent.mkdir(exist_ok=True)
    options = ["--foreground", "--state-dir", str(folder), "--project", project]
    with log.open("wb") as out:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "localcloud", "up", *options],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with _progress("starting the laptop's cloud"):
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


def _down(arguments: argparse.Namespace) -> int:
    folder: Path = arguments.state_dir
    state = State.read(folder)
    with _progress("stopping the laptop's cloud"):
        for number in (signal.SIGTERM, signal.SIGKILL):
            if state.supervisor is not None and state.is_supervised():
                os.kill(state.supervisor, number)
            if _is_released(folder):
                return 0
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


def _status(arguments: argparse.Namespace) -> int:
    statuses = service_statuses(State.read(arguments.state_dir))
    Console().print(table(statuses))
    return 0 if all(status.state == "healthy" for status in statuses) else 1


def _run(arguments: argparse.Namespace) -> int:
    with running(arguments.state_dir, arguments.project) as endpoints:
        environment = {**os.environ, **endpoints.environment()}
        try:
            return subprocess.run(arguments.argv, env=environment, check=False).returncode
        except OSError as error:
            raise LocalCloudError(f"cannot run {arguments.argv[0]}: {error.strerror}") from error


def _progress(message: str) -> "nullcontext[None]":
    console = Console(stderr=True)
    return console.status(f"{message} …") if console.is_terminal else nullcontext()  # type: ignore[return-value]


def _print_environment(endpoints: Endpoints) -> None:
    for name, value in endpoints.environment().items():
        print(f"export {name}={shlex.quote(value)}", flush=True)


COMMANDS = {"up": _up, "down": _down, "status": _status, "run": _run}

if __name__ == "__main__":
    sys.exit(main())
