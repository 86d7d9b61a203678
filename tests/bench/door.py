"""Measure what the door of the local Cloud Storage costs: the same work with it and without it, in pairs.

python tests/bench/door.py [--pairs 7] [--documents 100000] [--export-pairs 3]
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from export import PROJECT, export_to, write
from google.api_core.exceptions import ServiceUnavailable
from google.api_core.retry import Retry
from google.cloud.storage import Blob

from components.shared.clients import storage_client
from localcloud.endpoints import HOST, free_port
from localcloud.storage.server import binary
from localcloud.supervisor import running

CONTENT = os.urandom(100 * 10**6)


@contextmanager
def bare_server(folder: Path) -> Iterator[str]:
    """Run fake-gcs-server as it is, over plain HTTP, and yield its address."""
    address = f"{HOST}:{free_port()}"
    options = {"scheme": "http", "backend": "filesystem", "filesystem-root": folder, "host": HOST}
    options |= {
        "port": address.partition(":")[2],
        "external-url": f"http://{address}",
        "public-host": address,
    }
    command = [binary(), *(str(part) for name, value in options.items() for part in (f"-{name}", value))]
    with subprocess.Popen([*command, "-log-level", "error"]) as process:
        yield f"http://{address}"
        process.terminate()


def seconds(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def at(address: str) -> None:
    os.environ["STORAGE_EMULATOR_HOST"] = address


def transfers(address: str, number: int) -> dict[str, float]:
    """Return the seconds of an upload and of a download of 100 MB."""
    at(address)
    with storage_client(PROJECT) as client:
        blob: Blob = client.create_bucket(f"transfers-{number}").blob("object")
        up = seconds(lambda: blob.upload_from_string(CONTENT))
        return {"upload of 100 MB": up, "download of 100 MB": seconds(blob.download_as_bytes)}


def exports(address: str, number: int) -> dict[str, float]:
    """Return the seconds of an export of all documents to a new bucket."""
    at(address)
    with storage_client(PROJECT) as client:
        client.create_bucket(f"exports-{number}")
    return {"export": seconds(lambda: export_to(f"exports-{number}"))}


def compare(work: Callable[[str, int], dict[str, float]], addresses: list[str], pairs: int) -> None:
    """Do the work in pairs, with each address first in turn; print the medians, and that of the ratios."""
    measured: dict[str, list[list[float]]] = {}
    for number in range(pairs + 1):
        order = addresses if number % 2 else addresses[::-1]
        times = {address: work(address, number) for address in order}
        for name in times[addresses[0]] if number else ():  # the first pair warms up
            measured.setdefault(name, []).append([times[address][name] for address in addresses])
    for name, found in measured.items():
        door, bare = (statistics.median(column) for column in zip(*found, strict=True))
        ratios = sorted(pair[0] / pair[1] for pair in found)
        print(
            f"{name:<20} door {door:6.3f} s, without {bare:6.3f} s, "
            f"ratio {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})",
            flush=True,
        )


def main() -> None:
    """Run both servers and compare them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--export-pairs", type=int, default=3)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(
            Path(folder) / "cloud", services=("storage", "firestore"), report=lambda _: None
        ) as endpoints,
        bare_server(Path(folder) / "bare") as bare,
    ):
        os.environ.update(endpoints.environment())
        addresses = [os.environ["STORAGE_EMULATOR_HOST"], bare]
        at(bare)
        Retry(predicate=lambda error: isinstance(error, (OSError, ServiceUnavailable)))(
            lambda: list(storage_client(PROJECT).list_buckets())
        )()
        compare(transfers, addresses, options.pairs)
        write(options.documents)
        compare(exports, addresses, options.export_pairs)


if __name__ == "__main__":
    main()
