"""Check whether a deployment can run the batch, without running it."""

from collections.abc import Callable, Iterator
from datetime import date

from google.api_core.exceptions import NotFound

from components.shared.clients import bigquery_client, dataform_client, storage_client
from components.shared.names import SPECIFICATION
from components.shared.retries import FAILED_CALL
from infra.deploy.errors import DeployError
from infra.deploy.outputs import Outputs
from infra.deploy.rebuild import compile_workspace

COMPILED_DAY = date(2000, 1, 1)
type Check = Callable[[Outputs], str | None]


def check(outputs: Outputs) -> None:
    """Print each check that passes; raise DeployError naming all that do not."""
    faults = [fault for check in CHECKS for fault in _faults(check, outputs)]
    if faults:
        raise DeployError("the environment is not ready:\n" + "\n".join(f"  {fault}" for fault in faults))


def _faults(check: Check, outputs: Outputs) -> Iterator[str]:
    what = (check.__doc__ or "").rstrip(".")
    try:
        fault = check(outputs)
    except (DeployError, *FAILED_CALL) as error:
        fault = str(error)
    if fault:
        yield f"{what}: {fault}"
    else:
        print(f"ok  {what}")


def _pipeline(outputs: Outputs) -> str | None:
    """The compiled pipeline is in the bucket, and its steps run in the image of the commit."""
    blob = storage_client(outputs.project).bucket(outputs.bucket).get_blob(SPECIFICATION)
    if blob is None:
        return f"gs://{outputs.bucket}/{SPECIFICATION} is missing: run the step pipeline"
    if outputs.steps_image not in blob.download_as_text():
        return f"it does not name {outputs.steps_image}: run the step pipeline"
    return None


def _tables(outputs: Outputs) -> str | None:
    """The tables that the steps write exist."""
    with bigquery_client(outputs.project, outputs.location) as client:
        for table in outputs.tables:
            try:
                client.get_table(table)
            except NotFound:
                return f"{table} is missing: run the step apply"
    return None


def _key(outputs: Outputs) -> str | None:
    """There is one pseudonym key."""
    with bigquery_client(outputs.project, outputs.location) as client:
        rows = client.get_table(outputs.key_table).num_rows
    return None if rows == 1 else f"{outputs.key_table} has {rows} rows: run the step key"


def _workspace(outputs: Outputs) -> str | None:
    """The workspace compiles."""
    compile_workspace(dataform_client(), outputs, COMPILED_DAY)
    return None


CHECKS: tuple[Check, ...] = (_pipeline, _tables, _key, _workspace)
