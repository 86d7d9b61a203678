"""Whether a run of the batch is active, which would restore what is being removed."""

from components.shared.clients import pipeline_service_client
from components.shared.errors import StepError
from components.shared.pipeline_states import ACTIVE
from erase.platform import Platform


def refuse_while_one_is_active(platform: Platform) -> None:
    """Raise StepError, naming them, if any pipeline jobs have not ended."""
    client = pipeline_service_client(platform.location)
    parent = f"projects/{platform.project}/locations/{platform.location}"
    found = [
        job.name.rpartition("/")[2]
        for state in ACTIVE
        for job in client.list_pipeline_jobs(request={"parent": parent, "filter": f'state="{state}"'})
    ]
    if found:
        raise StepError(f"an active run reads the data to be erased: wait for {', '.join(sorted(found))}")
