"""docs/access.md: who may do what, as Terraform applies it; reasons are kept, and a new line needs one."""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra import iam_graph
from infra.stub.provider import providers
from infra.stub.terraform import INFRA, Applied, Resource, Terraform, copied

PAGE = Path(__file__).parents[1] / "docs" / "access.md"
HEADER = "| Account | Role | On | Why |\n|---|---|---|---|\n"
LINE = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \| (.*?) ?\|$", re.M)
REACH_HEADER = "| Account | Reaches | How |\n|---|---|---|\n"
REACH = re.compile(r"^\| (.+?) \| (.+?) \| (.*?) ?\|$", re.M)
BINDING = re.compile(r"_iam_(member|binding|policy)$")
REPOSITORY = {"repository": "example/winter-days", "repository_id": "987654321", "owner_id": "1234567"}
TOKENS = {"deploys": "main in the environment ", "event_name": ""}
type Row = tuple[str, str, str]

TARGETS = {
    "google_project_iam_member": "the project",
    "google_storage_bucket_iam_member": "bucket {bucket}",
    "google_storage_managed_folder_iam_member": "bucket {bucket}, folder {managed_folder}",
    "google_bigquery_dataset_iam_member": "dataset {dataset_id}",
    "google_bigquery_table_iam_member": "table {dataset_id}.{table_id}",
    "google_artifact_registry_repository_iam_member": "images {repository}",
    "google_dataform_repository_iam_member": "Dataform repository {repository}",
    "google_service_account_iam_member": "account {service_account_id}",
    "google_cloud_run_v2_job_iam_member": "job {name}",
    "google_cloud_run_v2_service_iam_member": "service {name}",
}


def rows(applied: Applied) -> set[Row]:
    """Return every binding as (account, role, on), with the project written as PROJECT."""
    project = applied.of("google_project_iam_member")[0]["project"]
    found = {_row(each) for each in applied.resources if BINDING.search(each.type)}
    found |= {
        (
            _account(access["special_group"] or access["user_by_email"] or "?"),
            access["role"],
            f"dataset {each['dataset_id']}",
        )
        for each in applied.of("google_bigquery_dataset")
        for access in each["access"] or []
    }
    found |= {_listed(each) for each in applied.of("google_bigquery_dataset_access")}
    return {
        (account, role.replace(project, "PROJECT"), on.replace(project, "PROJECT"))
        for account, role, on in found
    }


def reach(applied: Applied, bootstrap: Applied) -> dict[str, set[str]]:
    """Return what each account reaches through Google's APIs; owners, who reach everything, are left out."""
    found = {row for row in rows(applied) | rows(bootstrap) if row[0] != "projectOwners"}
    made = applied.of("google_project_iam_custom_role") + bootstrap.of("google_project_iam_custom_role")
    permissions = {each["role_id"]: set(each["permissions"]) for each in made}
    reached: dict[str, set[str]] = iam_graph.reached(found, permissions)
    return reached


def bootstrapped(
    folder: Path, environment: dict[str, str], name: str = "dev", project: str | None = None
) -> Applied:
    """Return the bootstrap of an environment, applied in a folder, for its own project or another."""
    variables = (INFRA / f"envs/{name}.tfvars").read_text(encoding="utf-8")
    [its] = re.findall(r'^project *= "(.+)"$', variables, re.MULTILINE)
    names = {"project": project or its, "location": "us-central1", "environment": name, **REPOSITORY}
    terraform = Terraform(copied(INFRA / "bootstrap", folder), environment | {"TF_WORKSPACE": name})
    return Applied(terraform, *(f"-var={name}={value}" for name, value in names.items()))


def _row(resource: Resource) -> Row:
    values = resource.values
    on = TARGETS[resource.type].format_map(values)
    on = re.sub(r"projects/\S+/serviceAccounts/(\S+?)@\S+", r"\1", on)
    if values.get("condition"):
        on += f", only where {values['condition'][0]['expression']}"
    return _account(values["member"]), _role(values["role"]), on


def _listed(access: Mapping[str, Any]) -> Row:
    """Return the row of a dataset's access entry, for an account or a dataset whose views may read it."""
    on = f"dataset {access['dataset_id']}"
    if access["dataset"]:
        [shared] = access["dataset"]
        return f"views of {shared['dataset'][0]['dataset_id']}", " ".join(shared["target_types"]), on
    return _account(access["user_by_email"]), _role(access["role"]), on


def _role(name: str) -> str:
    return re.sub(r"^projects/.+/roles/", "", name)


def _account(member: str) -> str:
    if found := re.search(r"/attribute\.(\w+)/(\w+)$", member):
        return f"GitHub, {TOKENS[found[1]]}{found[2].replace('_', ' ')}"
    name = re.sub(r"@[-\w]+\.iam\.gserviceaccount\.com$", "", member.removeprefix("serviceAccount:"))
    return re.sub(r"^service-\d+$", "Dataform's service agent", name)


def written() -> dict[Row, str]:
    """Return the reasons on the page, by binding."""
    lines = LINE.findall(PAGE.read_text(encoding="utf-8"))
    return {(account, role, on): why for account, role, on, why in lines if account not in ("Account", "---")}


def written_reach() -> dict[tuple[str, str], str]:
    """Return how, according to the page, an account reaches a target, by (account, target)."""
    text = PAGE.read_text(encoding="utf-8").partition(REACH_HEADER)[2].partition("\n\n")[0]
    return {(account, what): how for account, what, how in REACH.findall(text)}


def without_reason(text: str) -> list[str]:
    """Return the lines of a page that have no reason."""
    return [found[0] for found in LINE.finditer(text) if not found[4]]


def page() -> str:
    """Return the page with its text and reasons unchanged, and its lines as Terraform applies them."""
    with providers() as environment, tempfile.TemporaryDirectory() as folder:
        bootstrap = bootstrapped(Path(folder) / "bootstrap", environment)
        terraform = Terraform(copied(INFRA, Path(folder) / "infra"), environment)
        applied = Applied(terraform, "-var-file=envs/dev.tfvars")
        found, reached = rows(applied) | rows(bootstrap), reach(applied, bootstrap)
    why, how = written(), written_reach()
    lines = [f"| {' | '.join(row)} | {why.get(row, '')} |\n" for row in sorted(found)]
    pairs = sorted((account, what) for account, whats in reached.items() for what in whats)
    text = _with_table(PAGE.read_text(encoding="utf-8"), HEADER, "".join(lines))
    return _with_table(
        text, REACH_HEADER, "".join(f"| {' | '.join(pair)} | {how.get(pair, '')} |\n" for pair in pairs)
    )


def _with_table(text: str, header: str, lines: str) -> str:
    """Return a page with the lines of the table under this header replaced."""
    before, _, after = text.partition(header)
    after = re.sub(r"\A(\|.*\n)*", "", after)
    return f"{before}{header}{lines}\n{after.strip()}\n"
