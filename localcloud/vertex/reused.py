"""What a rerun takes from its original: the details and outputs of the tasks that are not run again."""

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
    """A job that is run again, and the unique names of those of its tasks whose results stand."""

    original: PipelineJob
    reused: frozenset[str]

    def take_details(self, job: PipelineJob, moment: timestamp_pb2.Timestamp) -> None:
        """Have a new job's details say of the reused tasks what the original's do."""
        for before in self.original.job_detail.task_details:
            if before.task_unique_name in self.reused:
                detail = task_detail(job, before.task_unique_name, moment)
                for field in ("inputs", "outputs", "execution"):
                    setattr(detail, field, getattr(before, field))
                set_state(detail, State.SKIPPED, moment)

    def take_outputs(self, before: Path, folder: Path) -> None:
        """Copy what the reused tasks have put out from the original's folder to that of the new job."""
        for task in sorted(self.reused):
            target = output_file(folder, task)
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(output_file(before, task), target)

    def check_outputs(self, before: Path) -> None:
        """Raise FailedPrecondition unless the original's folder has what each reused task has put out."""
        if gone := sorted(task for task in self.reused if not output_file(before, task).exists()):
            raise exceptions.FailedPrecondition(f"{self.original.name} kept no outputs of {', '.join(gone)}")
