"""Create what Terraform creates in the cloud: bucket, datasets, the steps' tables, the key, the workspace."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from google.api_core.exceptions import Conflict
from google.cloud import bigquery

from components.shared.clients import bigquery_client, dataform_client, storage_client
from components.shared.names import BUCKET, DATASETS, KEY_TABLE, LOCATION, REPOSITORY, WORKSPACE
from components.shared.retries import FAILED_CALL
from infra.deploy.errors import DeployError
from infra.deploy.pseudonym_key import SCHEMA, ensure_key
from infra.deploy.warehouse import make_workspace
from infra.migration import MigrationError, make_tables
from laptop.cloud import CloudError, require_cloud

EXAMPLES = """example:
  python -m localcloud run -- python -m laptop.provision"""


def provision(project: str, bucket: str = BUCKET, location: str = LOCATION) -> None:
    """Create what is missing and leave the rest unchanged; the key is created once and never shown."""
    _make_bucket(project, bucket, location)
    with bigquery_client(project, location) as client:
        for name in DATASETS.values():
            dataset = bigquery.Dataset(f"{project}.{name}")
            dataset.location = location
            client.create_dataset(dataset, exists_ok=True)
        for line in make_tables(client, project, DATASETS):
            print(line)
        _make_key(client, f"{project}.{DATASETS['keys']}.{KEY_TABLE}")


def make_ready(project: str, bucket: str = BUCKET, location: str = LOCATION) -> None:
    """Provision, and put dataform/ into the workspace that the pipeline runs, as a deployment does."""
    provision(project, bucket, location)
    parent = f"projects/{project}/locations/{location}"
    make_workspace(dataform_client(), parent, REPOSITORY, WORKSPACE)


def _make_bucket(project: str, name: str, location: str) -> None:
    with storage_client(project) as client, suppress(Conflict):
        client.create_bucket(name, location=location)


def _make_key(client: bigquery.Client, table: str) -> None:
    client.create_table(bigquery.Table(table, SCHEMA), exists_ok=True)
    ensure_key(client, table)


def main(argv: Sequence[str] | None = None) -> int:
    """Provision the stand-ins that the environment names; return 1 with a one-line message if that fails."""
    parser = argparse.ArgumentParser(
        "python -m laptop.provision",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--project", default=os.environ.get("GOOGLE_CLOUD_PROJECT"))
    parser.add_argument("--bucket", default=BUCKET)
    parser.add_argument("--location", default=LOCATION)
    arguments = parser.parse_args(argv)
    try:
        require_cloud()
        make_ready(arguments.project, arguments.bucket, arguments.location)
    except (CloudError, DeployError, MigrationError, *FAILED_CALL) as error:
        print(f"provisioning failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
