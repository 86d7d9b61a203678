"""What a rerun reuses from its original: the details and outputs of the tasks that are not rerun."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from google.api_core import exceptions
from google.cloud.aiplatform_v1.types import PipelineJob
from google.protobuf import timestamp_pb2

from localcloud.vertex.details import State, set_state, task_detail
from localcloud.vertex.runs import output_file


@dataclass(frozen=True)
class Rerun:
    """A job to rerun, and the unique names of its tasks whose results are reused."""

    original: PipelineJob
    reused: frozenset[str]

    def take_details(self, job: PipelineJob, moment: timestamp_pb2.Timestamp) -> None:
        """Copy the reused tasks' details from the original to a new job, in state SKIPPED."""
        for before in self.original.job_detail.task_details:
            if before.task_unique_name in self.reused:
                detail = task_detail(job, before.task_unique_name, moment)
                for field in ("inputs", "outputs", "execution"):
                    setattr(detail, field, getattr(before, field))
                set_state(detail, State.SKIPPED, moment)

    def take_outputs(self, before: Path, folder: Path) -> None:
        """Copy the outputs of the reused tasks from the original's folder to the new job's."""
        for task in sorted(self.reused):
            target = output_file(folder, task)
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(output_file(before, task), target)

    def check_outputs(self, before: Path) -> None:
        """Raise FailedPrecondition unless the original's folder has the outputs of each reused task."""
        if gone := sorted(task for task in self.reused if not output_file(before, task).exists()):
            outputs = f"the outputs of {', '.join(gone)} in {self.original.name}"
            raise exceptions.FailedPrecondition(f"{outputs} no longer exist")
