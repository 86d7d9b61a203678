"""Check whether a deployment can start: programs, files, credentials, project; and say how to fix faults."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.deploy.commands import INFRA, is_installed, read, succeeds
from infra.deploy.errors import DeployError

EXAMPLES = ("winter-days-nov-2025", "winter-days-nov-2025-dev")
LOCKS = ("infra/.terraform.lock.hcl", "infra/bootstrap/.terraform.lock.hcl")
APIS = ("cloudresourcemanager", "iam", "serviceusage", "storage")  # through which the rest is enabled
CPUS = 4  # that the largest task needs
SMOKE_CPUS = 40  # for all tasks of make smoke at once, on the smallest machines
NOBODY = "nobody-of-the-laptops-cloud"  # the token of the credentials in localcloud/clients.py
# For tasks on N1 and E2 machines (docs.cloud.google.com/vertex-ai/quotas); some new projects have none.
CPU_METRIC = "aiplatform.googleapis.com/custom_model_training_cpus"
type Fault = tuple[str, str]


class UncheckedError(Exception):
    """A check cannot be made, which stops nothing; the message says what to do."""


@dataclass(frozen=True)
class Place:
    """Where a deployment goes, according to its environment's files."""

    environment: str
    dry_run: bool
    project: str
    location: str
    state_bucket: str

    @classmethod
    def of(cls, environment: str, *, dry_run: bool) -> "Place":
        """Read own.auto.tfvars, envs/ENV.tfvars, which Terraform prefers, and envs/ENV.tfbackend."""
        own, envs = INFRA / "own.auto.tfvars", INFRA / "envs"
        variables = (_values(own) if own.is_file() else {}) | _values(envs / f"{environment}.tfvars")
        backend = _values(envs / f"{environment}.tfbackend")
        project = variables.get("project", "")
        bucket = backend.get("bucket", f"{project}-tfstate")
        return cls(environment, dry_run, project, variables.get("location", "us-central1"), bucket)


def _values(file: Path) -> dict[str, str]:
    return dict(re.findall(r'^(\w+)\s*=\s*"(.*)"', file.read_text(encoding="utf-8"), re.MULTILINE))


type Check = Callable[[Place], Fault | None]


def check(environment: str, *, dry_run: bool) -> None:
    """Print each check that passes; raise DeployError with all faults of the first stage that has any."""
    place = Place.of(environment, dry_run=dry_run)
    for stage in STAGES:
        faults = [fault for each in stage if (fault := _run_check(each, place))]
        if faults:
            lines = [f"  {what}\n    {mend}" for what, mend in faults]
            raise DeployError("nothing was changed; fix this first:\n" + "\n".join(lines))
    _look_at_quota(place)


def _look_at_quota(place: Place) -> None:
    """Raise DeployError if the quota is too small; say so if it cannot be read, which takes an owner."""
    needed = f"Vertex AI needs a quota of {CPUS} CPUs for custom training in {place.location}"
    page = f"https://console.cloud.google.com/iam-admin/quotas?project={place.project}"
    given = _cpus(place)
    if given is None:
        enable = f"gcloud services enable cloudquotas.googleapis.com --project={place.project}"
        print(f"--  not checked: quotas. {needed}:\n    {page}\n    to check it here: {enable}")
    elif given < CPUS:
        more = f"request more of {CPU_METRIC}: {page}"
        raise DeployError(f"nothing was changed; fix this first:\n  {needed}, but has {given}\n    {more}")
    else:
        print(f"ok  {needed}")
    if given is not None and CPUS <= given < SMOKE_CPUS:
        print(f"--  make smoke may need {SMOKE_CPUS} CPUs at once, but there are {given}: if a task's error")
        print(f"    names a quota, run it again, or request more of {CPU_METRIC}: {page}")


def _cpus(place: Place) -> int | None:
    """Return the region's quota of CPUs; None if Google's Cloud Quotas API does not give it."""
    where = ("--service=aiplatform.googleapis.com", f"--project={place.project}", "--format=json")
    listed = ("gcloud", "quotas", "info", "list", *where, f"--filter=metric={CPU_METRIC}")
    if not succeeds(*listed):
        return None
    limits = [
        int(limit["details"]["value"])
        for quota in json.loads(read(*listed))
        for limit in quota.get("dimensionsInfos", [])
        if place.location in limit.get("applicableLocations", []) and "value" in limit.get("details", {})
    ]
    return min((limit if limit >= 0 else SMOKE_CPUS for limit in limits), default=None)  # -1 means no limit


def _run_check(ask: Check, place: Place) -> Fault | None:
    try:
        fault = ask(place)
    except UncheckedError as reason:
        print(f"--  not checked: {reason}")
        return None
    if fault is None:
        print(f"ok  {(ask.__doc__ or '').rstrip('.')}")
    return fault


def _terraform(_: Place) -> Fault | None:
    """Terraform is 1.9 or later."""
    mend = "install it: https://developer.hashicorp.com/terraform/install"
    if not is_installed("terraform"):
        return "terraform is not on the PATH", mend
    version = json.loads(read("terraform", "version", "-json"))["terraform_version"]
    major, minor = (int(part) for part in version.split(".")[:2])
    is_new_enough = major == 1 and minor >= 9
    return None if is_new_enough else (f"terraform is {version}: 1.9 or later, below 2, is needed", mend)


def _programs(_: Place) -> Fault | None:
    """gcloud, git and make are installed."""
    missing = [name for name in ("gcloud", "git", "make") if not is_installed(name)]
    where = {
        "gcloud": "https://cloud.google.com/sdk/docs/install",
        "git": "https://git-scm.com",
        "make": "your system",
    }
    if not missing:
        return None
    return f"{', '.join(missing)}: not on the PATH", "install: " + ", ".join(where[name] for name in missing)


def _leads_to_google(_: Place) -> Fault | None:
    """This shell is connected to Google Cloud."""
    file = Path(os.environ.get("GOOGLE_APPLICATION_CREDENTIALS", ""))
    if not file.is_file() or NOBODY not in file.read_text(encoding="utf-8"):
        return None
    return "this shell is connected to the local cloud by `make up`", "deploy from another shell"


def _named(place: Place) -> Fault | None:
    """The project is yours, and its state bucket is its own."""
    files = f"infra/envs/{place.environment}.tfvars and infra/envs/{place.environment}.tfbackend"
    if place.project in ("", *EXAMPLES):
        still = f"the project is still that of the example, {place.project or 'none'}"
        return still, f"write yours into {files}"
    if place.state_bucket != f"{place.project}-tfstate":
        return (
            f"the state would be in {place.state_bucket}",
            f'write bucket = "{place.project}-tfstate" into {files}',
        )
    return None


def _alone(place: Place) -> Fault | None:
    """The project is that of no other environment."""
    for file in sorted((INFRA / "envs").glob("*.tfvars")):
        if file.stem != place.environment and _values(file).get("project") == place.project:
            both = f"{place.project} is also the project of {file.name}: both would have one state"
            return both, f"create a project of its own for {place.environment}"
    return None


def _locked(_: Place) -> Fault | None:
    """The hashes of Terraform's providers are committed."""
    missing = [name for name in LOCKS if not succeeds("git", "ls-files", "--error-unmatch", name)]
    if not missing:
        return None
    return (
        f"not committed: {', '.join(missing)}",
        f"make lock-providers && git add {' '.join(LOCKS)} && git commit",
    )


def _committed(place: Place) -> Fault | None:
    """Everything is committed."""
    changed = "" if place.dry_run else read("git", "status", "--porcelain")
    if not changed:
        return None
    return (
        f"commit first, since only commits are deployed; not committed:\n{changed.rstrip()}",
        "git commit",
    )


def _gcloud_login(_: Place) -> Fault | None:
    """gcloud knows who you are."""
    return (
        None
        if succeeds("gcloud", "auth", "print-access-token")
        else ("gcloud has no login", "gcloud auth login")
    )


def _default_login(_: Place) -> Fault | None:
    """Terraform and Google's clients know who you are."""
    if succeeds("gcloud", "auth", "application-default", "print-access-token"):
        return None
    return (
        "Terraform and Google's clients have no login of their own",
        "gcloud auth application-default login",
    )


def _project(place: Place) -> Fault | None:
    """The project exists."""
    describe = ("gcloud", "projects", "describe", place.project, "--format=value(lifecycleState)")
    if not succeeds(*describe):
        return (
            f"{place.project} does not exist, or you may not see it",
            f"gcloud projects create {place.project}",
        )
    state = read(*describe).strip()
    return (
        None
        if state == "ACTIVE"
        else (f"{place.project} is {state}", f"gcloud projects undelete {place.project}")
    )


def _billing(place: Place) -> Fault | None:
    """Billing is on."""
    describe = ("gcloud", "billing", "projects", "describe", place.project, "--format=value(billingEnabled)")
    if not succeeds(*describe):  # a service account needs the API in its own project
        enable = f"gcloud services enable cloudbilling.googleapis.com --project={place.project}"
        raise UncheckedError(f"billing\n    to check it here: {enable}")
    enabled = read(*describe)
    mend = f"gcloud billing projects link {place.project} --billing-account=BILLING_ACCOUNT"
    return None if enabled.strip() == "True" else (f"{place.project} has no billing account", mend)


def _apis(place: Place) -> Fault | None:
    """The APIs that enable the others are on."""
    listed = read(
        "gcloud", "services", "list", "--enabled", f"--project={place.project}", "--format=value(config.name)"
    )
    missing = [f"{name}.googleapis.com" for name in APIS if f"{name}.googleapis.com" not in listed.split()]
    mend = f"gcloud services enable {' '.join(missing)} --project={place.project}"
    return (f"off: {', '.join(missing)}", mend) if missing else None


def _state(place: Place) -> Fault | None:
    """Terraform's state bucket exists."""
    if succeeds("gcloud", "storage", "buckets", "describe", f"gs://{place.state_bucket}"):
        return None
    where = f"-var=project={place.project} -var=location={place.location}"
    who = f"-var=environment={place.environment} -var=repository=OWNER/NAME"
    ids = "-var=repository_id=REPOSITORY_ID -var=owner_id=OWNER_ID"
    bootstrap = "terraform -chdir=infra/bootstrap"
    own_state = f"{bootstrap} init && {bootstrap} workspace select -or-create {place.environment}"
    mend = f"{own_state} && {bootstrap} apply {where} {who} {ids}"
    return f"gs://{place.state_bucket} does not exist", mend


STAGES: tuple[tuple[Check, ...], ...] = (
    (_leads_to_google, _terraform, _programs),
    (_named, _alone, _locked, _committed),
    (_gcloud_login, _default_login),
    (_project,),
    (_billing,),
    (_apis, _state),
)
