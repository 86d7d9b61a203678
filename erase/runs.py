"""Whether a run of the batch is active."""

from components.shared.clients import pipeline_service_client
from components.shared.errors import StepError
from components.shared.pipeline_states import ACTIVE
from erase.platform import Platform


def active_runs(project: str, location: str) -> list[str]:
    """Return the ids of the pipeline jobs that have not ended."""
    client = pipeline_service_client(location)
    parent = f"projects/{project}/locations/{location}"
    return sorted(
        job.name.rpartition("/")[2]
        for state in ACTIVE
        for job in client.list_pipeline_jobs(request={"parent": parent, "filter": f'state="{state}"'})
    )


def refuse_while_one_is_active(platform: Platform) -> None:
    """Raise StepError, naming them, if any pipeline jobs have not ended."""
    if found := active_runs(platform.project, platform.location):
        raise StepError(f"an active run reads the data to be erased: wait for {', '.join(found)}")
