"""Measure the orchestrator against the bare SDK: its first answer after a start, and from POST to submitted.

python tests/bench/orchestrator.py [--starts 5] [--submissions 20]
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import httpx
from google.cloud.aiplatform.utils import gcs_utils
from kfp import compiler

from components.shared.clients import pipeline_service_client, storage_client, vertex_sdk
from localcloud.supervisor import running
from pipelines.customer_churn import customer_churn
from tests.orchestrator.holding import hold_the_only_place

PROJECT = "winter-days-local"
BUCKET = "winter-days-bench"
LOCATION = "us-central1"
PARENT = f"projects/{PROJECT}/locations/{LOCATION}"
FIRST_DAY = date(2020, 1, 1)
SETTINGS = {"WINTER_DAYS_PROJECT": PROJECT, "WINTER_DAYS_BUCKET": BUCKET}


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def orchestrator() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "orchestrator", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, **SETTINGS}, stdout=subprocess.DEVNULL)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def await_health(address: str) -> None:
    host, _, port = address.partition(":")
    while True:
        try:
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert b"200 OK" in connection.recv(1000)
                return
        except ConnectionRefusedError:
            time.sleep(0.002)


def first_answer() -> float:
    began = time.perf_counter()
    with orchestrator() as address:
        await_health(address)
        return time.perf_counter() - began


def bare_import() -> None:
    subprocess.run([sys.executable, "-c", "import google.cloud.aiplatform"], check=True)


def bare_submission(day: date) -> None:
    """Compile, upload and submit with nothing but the libraries.

    The SDK's check for the run's bucket is disabled: it uses an address that cannot be set.
    """
    aiplatform = vertex_sdk(PROJECT, LOCATION)
    gcs_utils.create_gcs_bucket_for_pipeline_artifacts_if_it_does_not_exist = lambda **_: None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "customer_churn_pipeline.json"
        compiler.Compiler().compile(customer_churn, str(path))
        bucket = storage_client(PROJECT).bucket(BUCKET)
        bucket.blob("bare/customer_churn_pipeline.json").upload_from_filename(path)
        aiplatform.PipelineJob(
            display_name="bare",
            template_path=str(path),
            job_id=f"bare-{day:%Y%m%d}",
            pipeline_root=f"gs://{BUCKET}/bare",
            parameter_values={
                "project": PROJECT,
                "as_of": day.isoformat(),
                "run_id": "bare",
                "scored_at": "2020-01-01T00:00:00+00:00",
            },
            enable_caching=False,
        ).submit()


def end_active() -> None:
    """End the run that was just submitted: the orchestrator submits none while another is active."""
    jobs = pipeline_service_client(LOCATION)
    for job in jobs.list_pipeline_jobs({"parent": PARENT, "filter": 'state="PIPELINE_STATE_PENDING"'}):
        jobs.cancel_pipeline_job(name=job.name)


def compare(what: str, count: int, ours: Callable[[int], float], bare: Callable[[int], float]) -> None:
    """Print the medians and their ratio; the two take turns, so that other load affects both alike."""
    timed = [(ours(number), bare(number)) for number in range(count + 1)][1:]
    our, their = (median(column) for column in zip(*timed, strict=True))
    print(f"{what}: {our:.3f} s, the bare SDK {their:.3f} s, ratio {our / their:.3f}")


def compare_starts(count: int) -> None:
    compare("first answer", count, lambda _: first_answer(), lambda _: seconds(bare_import))


def compare_submissions(count: int) -> None:
    with orchestrator() as address, httpx.Client(base_url=f"http://{address}", timeout=60) as client:
        await_health(address)

        def ours(number: int) -> float:
            body = {"as_of": (FIRST_DAY + timedelta(days=number)).isoformat()}
            took = seconds(lambda: client.post("/", json=body).raise_for_status())
            end_active()
            return took

        def bare(number: int) -> float:
            took = seconds(lambda: bare_submission(FIRST_DAY + timedelta(days=number)))
            end_active()
            return took

        compare("from POST to submitted", count, ours, bare)


def main() -> None:
    """Print the ratio of the medians of starts, and that of submissions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--submissions", type=int, default=20)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with (
        tempfile.TemporaryDirectory() as folder,
        running(folder, services=("storage", "vertex"), report=lambda _: None) as endpoints,
    ):
        os.environ.update(endpoints.environment())
        storage_client(PROJECT).create_bucket(BUCKET)
        hold_the_only_place(PARENT)
        compare_starts(options.starts)
        compare_submissions(options.submissions)


if __name__ == "__main__":
    main()
