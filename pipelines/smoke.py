"""Test undocumented behaviour of Google Cloud: make smoke, once deployed.

examples:
  make smoke                      against the stand-ins of make run
  make smoke PROJECT=my-project   in Google Cloud, as its real accounts
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.api_core.exceptions import GoogleAPIError, NotFound
from google.auth.exceptions import GoogleAuthError
from google.cloud.aiplatform_v1 import PipelineJob
from google.cloud.storage import Bucket
from kfp import dsl

from components.image import IMAGE
from components.shared import names
from components.shared.clients import pipeline_service_client, rerun_service_client, storage_client
from components.shared.command_line import add_project
from components.shared.credentials import describe_error
from components.shared.names import SPECIFICATION
from components.shared.pipeline_states import ACTIVE
from components.shared.shards import number_shards
from components.smoke.component import begin_once, check, fail_twice, leave_part
from components.smoke.step import CHECKS, SHARDS, record_name
from pipelines.compile import compiled_text
from pipelines.rerun import NUMBER, rerun_of
from pipelines.tasks import on_machine

SECONDS, POLL_SECONDS, CALL_SECONDS = 1800, 1.0, 60
IN_SHARDS = "parallel-tasks"  # in a run of its own, since Vertex AI may refuse all of it
RERUN, FAILURES = "rerun", 2  # in a run of its own, which fails on purpose this many times
SIGNAL = "signal"  # in a run of its own, which is cancelled
AT_ONCE = tuple(question for question in CHECKS if question not in (IN_SHARDS, RERUN, SIGNAL))
TASKS = len(AT_ONCE) + SHARDS + 2  # at once, in the four runs
# What to change if a question is not proved.
TO_CHANGE = {
    "mounted-bucket": "components/Dockerfile: STEP_USER=0",
    "create-once": "infra/iam.tf: give vertex roles/storage.objectUser on the folders of local.sources",
    "act-as": "infra/iam.tf: grants.account and grants.folder of dataform, and of Dataform's agent",
    "key-refused": "infra/iam.tf: the key dataset's access list, and google_bigquery_table_iam_member.key",
    "log-line": "infra/alerts.tf: local.lines, by what gcloud logging read shows of the run",
    IN_SHARDS: "infra/variables.tf: most_shards = 1 until Vertex AI runs pipelines/shards.py's form",
    RERUN: "docs/deploy.md: rerun a day with POST / and rerun=true instead of :retry",
    SIGNAL: "pipelines/compile.py: SHELL_END_WITH_SIGTERM; until then only components/shared/cancelling.py "
    "stops remaining work",
}
# What to change if the error of a run or of a task has such words: no test has said so itself.
REFUSALS = {
    r"\[storage\.objects\.get, storage\.objects\.create\] IAM permission": (
        'infra/iam.tf: add ["vertex", "roles/storage.objectViewer"] and '
        '["vertex", "roles/storage.objectCreator"] '
        "to grants.bucket, since Vertex AI asks for rights on the bucket of a run, not on its folder mlops/"
    ),
    r"custom_model_training_cpus|[Qq]uota": (
        f"the quota aiplatform.googleapis.com/custom_model_training_cpus: {TASKS} tasks may run at once, "
        "on 4 CPUs or more each: run this again, or request more"
    ),
}
UNKNOWN_TO_STAND_INS = {"key-refused": "permissions", "log-line": "Cloud Logging"}
# The filter with which the alerts look for a line.
LOGGED = 'resource.type="ml_job" AND (jsonPayload.message=~"{line}" OR textPayload=~"{line}")'
LOG_SECONDS, LOG_POLL_SECONDS = 120, 5.0  # to wait until a line can be found


def _on_small_machine(task: dsl.PipelineTask) -> dsl.PipelineTask:
    return on_machine(task, "1", "2G").set_caching_options(False)


@dsl.pipeline(name="leave-parts")
def _leave_parts(project: str, bucket: str, run_id: str) -> None:
    numbered = _on_small_machine(number_shards(shards=SHARDS))
    with dsl.ParallelFor(numbered.output) as shard:
        _on_small_machine(leave_part(project=project, bucket=bucket, run_id=run_id, shard=shard))


def _pipeline(name: str, questions: tuple[str, ...]) -> Any:
    def smoke(
        project: str,
        location: str,
        bucket: str,
        run_id: str,
        repository: str,
        workspace: str,
        service_account: str,
        keys_dataset: str,
    ) -> None:
        def check_task(question: str) -> dsl.PipelineTask:
            asked = check(
                question=question,
                project=project,
                location=location,
                bucket=bucket,
                run_id=run_id,
                repository=repository,
                workspace=workspace,
                service_account=service_account,
                keys_dataset=keys_dataset,
            )
            return _on_small_machine(asked).set_display_name(question)

        for question in questions:
            if question == RERUN:
                begun = _on_small_machine(begin_once(project=project, bucket=bucket, run_id=run_id))
                failing = _on_small_machine(fail_twice(project=project, bucket=bucket, run_id=run_id)).after(
                    begun
                )
                check_task(question).after(failing)
                continue
            if question != IN_SHARDS:
                check_task(question)
                continue
            ended = _on_small_machine(leave_part(project=project, bucket=bucket, run_id=run_id, shard=SHARDS))
            with dsl.ExitHandler(ended, name="batch"):
                parts = _leave_parts(project=project, bucket=bucket, run_id=run_id)
                check_task(question).after(parts)

    return dsl.pipeline(name=name)(smoke)


def compiled(name: str, questions: tuple[str, ...], image: str) -> dict[str, Any]:
    """Return the specification of a run that tests some questions, with its steps in an image."""
    text = compiled_text(_pipeline(name, questions)).replace(json.dumps(IMAGE), json.dumps(image))
    specification: dict[str, Any] = json.loads(text)
    return specification


@dataclass(frozen=True)
class Smoke:
    """The runs of one smoke test, and what they leave in the bucket."""

    options: argparse.Namespace
    lake: Bucket
    run_id: str

    def submit(self, name: str, questions: tuple[str, ...]) -> PipelineJob:
        """Start a run."""
        given, client = self.options, pipeline_service_client(self.options.location)
        job = PipelineJob(
            display_name=self.run_id,
            pipeline_spec=compiled(name, questions, self._image()),
            runtime_config={
                "gcs_output_directory": f"gs://{given.bucket}/mlops/pipeline_root",
                "parameter_values": {
                    **{key: getattr(given, key) for key in ("project", "location", "bucket")},
                    **{key: getattr(given, key) for key in ("repository", "workspace", "keys_dataset")},
                    "run_id": self.run_id,
                    "service_account": _account(given, "dataform-exec-sa"),
                },
            },
            service_account=_account(given, "winter-days-vertex-ai-sa"),
        )
        parent = f"projects/{given.project}/locations/{given.location}"
        request = {"parent": parent, "pipeline_job": job, "pipeline_job_id": f"{name}-{self.run_id}"}
        return client.create_pipeline_job(request, timeout=CALL_SECONDS)

    def _image(self) -> str:
        """Return the image that the deployed pipeline names; without one, the committed one's."""
        try:
            text = self.lake.blob(SPECIFICATION).download_as_text()
        except NotFound:
            return IMAGE
        found = re.search(r'"([^"]+/batch-steps-python:[^"]+)"', text)
        return found[1] if found else IMAGE

    def wait(self, job: PipelineJob, until: Callable[[], bool] = lambda: False) -> None:
        """Wait until a run has ended or a condition holds; raise TimeoutError after SECONDS."""
        client, deadline = pipeline_service_client(self.options.location), time.monotonic() + SECONDS
        while client.get_pipeline_job(name=job.name, timeout=CALL_SECONDS).state.name in ACTIVE:
            if until():
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{job.name} has not ended in {SECONDS} s")
            time.sleep(POLL_SECONDS)

    def rerun(self, job: PipelineJob) -> str:
        """Rerun a run each time it fails; return what went wrong, or an empty string."""
        client = pipeline_service_client(self.options.location)
        parent, _, name = job.name.partition("/pipelineJobs/")
        self.wait(job)
        for attempt in range(FAILURES):
            failed = client.get_pipeline_job(name=job.name, timeout=CALL_SECONDS)
            if NUMBER not in failed.labels:
                return f"{failed.name} has no label {NUMBER}"
            wanted = rerun_of(failed, self.run_id, {})
            asked = {"parent": parent, "pipeline_job": wanted, "pipeline_job_id": f"{name}-{attempt + 2}"}
            try:
                with rerun_service_client(self.options.location) as reruns:
                    job.name = reruns.create_pipeline_job(asked, timeout=CALL_SECONDS).name
            except GoogleAPIError as error:
                return describe_error(error)
            self.wait(job)
        return ""

    def cancel_when_it_waits(self, job: PipelineJob) -> None:
        """Cancel the signal test's run once its step waits for the signal, and wait for its end."""
        waiting = self.lake.blob(record_name(self.run_id, "waiting"))
        self.wait(job, lambda: bool(waiting.exists()))
        if not waiting.exists():
            return
        pipeline_service_client(self.options.location).cancel_pipeline_job(
            name=job.name, timeout=CALL_SECONDS
        )
        self.wait(job)

    def errors(self, job: PipelineJob) -> Iterator[str]:
        """Yield the errors of a run and of its tasks."""
        client = pipeline_service_client(self.options.location)
        ended = client.get_pipeline_job(name=job.name, timeout=CALL_SECONDS)
        yield ended.error.message
        yield from (task.error.message for task in ended.job_detail.task_details)

    def answer(self, question: str, refused: str = "") -> dict[str, Any]:
        """Return the outcome of a question; for the log line, also whether Cloud Logging finds it."""
        answer = self._read_result(question)
        if refused:
            answer["detail"] = refused
        if question == "log-line" and answer["proved"] and not _is_local():
            answer["detail"] = self._find_log_line(f"winter-days step=smoke run={self.run_id}")
            answer["proved"] = not answer["detail"]
        return answer

    def _find_log_line(self, line: str) -> str:
        """Look for a step's line as the alerts do; return what went wrong, or an empty string."""
        project = f"--project={self.options.project}"
        words = ["gcloud", "logging", "read", LOGGED.format(line=line), project, "--limit=1", "--format=json"]
        deadline = time.monotonic() + LOG_SECONDS
        while True:
            try:
                done = subprocess.run(words, capture_output=True, text=True, check=True)
            except (OSError, subprocess.CalledProcessError) as error:
                return f"gcloud logging read: {getattr(error, 'stderr', None) or error}".strip()
            if json.loads(done.stdout):
                return ""
            if time.monotonic() > deadline:
                return f"after {LOG_SECONDS} s no entry is found by {words[3]}"
            time.sleep(LOG_POLL_SECONDS)

    def _read_result(self, question: str) -> dict[str, Any]:
        try:
            record: dict[str, Any] = json.loads(
                self.lake.blob(record_name(self.run_id, question)).download_as_text()
            )
        except NotFound:
            return {"proved": False, "detail": "its step recorded no result"}
        return record


def _is_local() -> bool:
    return "BIGQUERY_EMULATOR_HOST" in os.environ


def _account(options: argparse.Namespace, name: str) -> str:
    return f"{name}@{options.project}.iam.gserviceaccount.com"


def smoke(options: argparse.Namespace) -> int:
    """Run the tests, print the table, and return how many failed."""
    run_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    at = Smoke(options, storage_client(options.project).bucket(options.bucket), run_id)
    print(f"smoke {run_id}: {len(CHECKS)} tests", flush=True)
    jobs = [at.submit("smoke", AT_ONCE), at.submit("smoke-shards", (IN_SHARDS,))]
    signal = at.submit("smoke-signal", (SIGNAL,))
    failing = at.submit("smoke-rerun", (RERUN,))
    for job in jobs:
        at.wait(job)
    at.cancel_when_it_waits(signal)
    refused = {RERUN: at.rerun(failing)}
    failures = sum([_print_result(one, at.answer(one, refused.get(one, ""))) for one in CHECKS])
    _print_advice(error for job in (*jobs, signal, failing) for error in at.errors(job))
    return failures


def _print_advice(errors: Iterable[str]) -> None:
    """Print what to change because of errors that are known beforehand, once each."""
    found = list(errors)
    for words, change in REFUSALS.items():
        if error := next((each for each in found if re.search(words, each)), ""):
            print(f"refused {error}\n        change {change}")


def _print_result(question: str, answer: dict[str, Any]) -> bool:
    """Print a test's line of the table; return whether it failed."""
    what = (CHECKS[question].__doc__ or "").rstrip(".")
    if question in UNKNOWN_TO_STAND_INS and _is_local():
        print(f"open    {question:15} {what}: the stand-ins have no {UNKNOWN_TO_STAND_INS[question]}")
        return False
    print(f"{'proved' if answer['proved'] else 'FAILED'}  {question:15} {what}")
    if not answer["proved"]:
        print(f"        {answer['detail']}\n        change {TO_CHANGE[question]}")
    return not answer["proved"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 1 if a test that can be proved here failed, or on an error."""
    options = _parser().parse_args(arguments)
    try:
        return 1 if smoke(options) else 0
    except (GoogleAPIError, GoogleAuthError, TimeoutError) as error:
        print(f"error: {describe_error(error)}", file=sys.stderr)
        _print_advice([str(error)])
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m pipelines.smoke",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_project(parser, "project to test")
    parser.add_argument("--bucket", default=names.BUCKET)
    parser.add_argument("--location", default=names.LOCATION)
    parser.add_argument("--repository", default=names.REPOSITORY)
    parser.add_argument("--workspace", default=names.WORKSPACE)
    parser.add_argument("--keys-dataset", default=names.DATASETS["keys"])
    return parser


if __name__ == "__main__":
    sys.exit(main())
