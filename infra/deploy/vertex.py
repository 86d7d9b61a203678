"""What a deployment leaves in Vertex AI, unknown to Terraform: the runs and the models."""

from itertools import chain

from components.shared.clients import pipeline_service_client, vertex_sdk
from components.shared.names import MODEL_NAME

PIPELINES = ("customer-churn", "smoke", "smoke-shards", "smoke-signal", "smoke-rerun")
LONGEST_SECONDS = 600


def delete_runs_and_models(project: str, location: str, *, dry_run: bool) -> str:
    """Delete all runs of the pipelines and all churn models, and return what was deleted."""
    client, parent = pipeline_service_client(location), f"projects/{project}/locations/{location}"
    filters = (f'pipeline_name="{name}"' for name in PIPELINES)
    requests = ({"parent": parent, "filter": each, "read_mask": {"paths": ["name"]}} for each in filters)
    runs = [run.name for run in chain.from_iterable(map(client.list_pipeline_jobs, requests))]
    models = vertex_sdk(project, location).Model.list(filter=f'display_name="{MODEL_NAME}"')
    if not dry_run:
        for deletion in [client.delete_pipeline_job(name=name) for name in runs]:
            deletion.result(timeout=LONGEST_SECONDS)
        for model in models:
            model.delete()
    counts = f"{len(runs)} runs and {len(models)} models of Vertex AI"
    return f"{'would delete' if dry_run else 'deleted'} {counts}"
