"""Who can become whom: what each account can reach through Google's APIs alone, whatever its purpose.

An account reaches another if it can mint its tokens, attach it (act-as) to something that it may start and
that runs arbitrary code, or change who can; it reaches everything if it may change its own permissions.
Reach is transitive: it includes what the accounts reached can do. Sources, under docs.cloud.google.com:
/iam/docs/service-account-permissions, /iam/docs/best-practices-service-accounts (lateral movement),
/iam/docs/understanding-roles. A role missing from ROLES is an error: its permissions must be listed.
"""

import re
from collections.abc import Iterable, Mapping, Set

type Row = tuple[str, str, str]  # account, role, on

OWNER, KEY = "owner of the project", "pseudonym key"
PROJECT, KEY_TABLE, KEY_DATASET = (
    "the project",
    "table winter_days_keys.pseudonym_key",
    "dataset winter_days_keys",
)
ACT_AS = "iam.serviceAccounts.actAs"
MINT = {"iam.serviceAccounts.getAccessToken", "iam.serviceAccountKeys.create", "iam.serviceAccounts.signJwt"}
CHANGE_ACCOUNT = {"iam.serviceAccounts.setIamPolicy"}
RAISE = {"resourcemanager.projects.setIamPolicy", "iam.roles.update"}
# Permissions to start what runs any program, or calls any Google API, as an attached account.
START = {
    "aiplatform.customJobs.create",
    "aiplatform.pipelineJobs.create",
    "cloudbuild.builds.create",
    "cloudscheduler.jobs.create",
    "cloudscheduler.jobs.update",
    "dataform.releaseConfigs.create",
    "dataform.repositories.create",
    "dataform.repositories.update",
    "dataform.workflowConfigs.create",
    "dataform.workflowConfigs.update",
    "run.jobs.create",
    "run.jobs.update",
    "run.services.create",
    "run.services.update",
}
# Effective on the table, on its dataset or on the project.
READ_KEY = {
    "bigquery.datasets.setIamPolicy",
    "bigquery.datasets.update",
    "bigquery.tables.getData",
    "bigquery.tables.setIamPolicy",
}
DATA_EDITOR = {"bigquery.tables.getData", "bigquery.tables.updateData", "bigquery.tables.create"}
ROLES: dict[str, set[str]] = {
    "OWNER": {"bigquery.datasets.setIamPolicy", "bigquery.datasets.update", "bigquery.tables.getData"},
    "READER": {"bigquery.tables.getData"},
    "VIEWS": set(),
    "WRITER": DATA_EDITOR,
    "roles/aiplatform.user": {"aiplatform.customJobs.create", "aiplatform.pipelineJobs.create"},
    "roles/aiplatform.viewer": set(),
    "roles/artifactregistry.reader": set(),
    "roles/artifactregistry.writer": set(),
    "roles/bigquery.dataEditor": DATA_EDITOR,
    "roles/bigquery.dataViewer": {"bigquery.tables.getData"},
    "roles/bigquery.jobUser": set(),
    "roles/bigquery.readSessionUser": set(),
    "roles/datastore.user": set(),
    "roles/datastore.viewer": set(),
    "roles/iam.serviceAccountTokenCreator": {"iam.serviceAccounts.getAccessToken"},
    "roles/iam.serviceAccountUser": {ACT_AS},
    "roles/iam.workloadIdentityUser": {"iam.serviceAccounts.getAccessToken"},
    "roles/logging.logWriter": set(),
    "roles/run.invoker": set(),
    "roles/storage.legacyBucketReader": set(),
    "roles/storage.objectCreator": set(),
    "roles/storage.objectUser": set(),
    "roles/storage.objectViewer": set(),
}


def reached(rows: Iterable[Row], own_roles: Mapping[str, Set[str]]) -> dict[str, set[str]]:
    """Return what each account reaches besides itself; own_roles maps custom roles to permissions."""
    powers: dict[str, set[tuple[str, str]]] = {}
    for account, role, on in rows:
        held = own_roles[role] if role in own_roles else ROLES[role]
        where = re.sub(r", only where .*", "", on)
        powers.setdefault(account, set()).update((permission, where) for permission in held)
    accounts = {
        name for row in rows for name in (row[0], row[2].removeprefix("account ")) if name.endswith("-sa")
    }
    return {account: found for account in powers if (found := _closure(account, powers, accounts))}


def _closure(start: str, powers: Mapping[str, Set[tuple[str, str]]], accounts: Iterable[str]) -> set[str]:
    """Return everything that an account reaches, directly or through other accounts."""
    found = {start}
    before: set[str] = set()
    while found != before:
        before = set(found)
        found |= {
            account
            for account in accounts
            for who in before
            if _becomes(powers.get(who, set()), f"account {account}")
        }
        held = {power for account in found for power in powers.get(account, ())}
        if held & {(permission, PROJECT) for permission in RAISE}:
            found.add(OWNER)
        if held & {(permission, on) for permission in READ_KEY for on in (PROJECT, KEY_DATASET, KEY_TABLE)}:
            found.add(KEY)
    return found - {start}


def _becomes(held: Set[tuple[str, str]], account: str) -> bool:
    """Return whether permissions suffice to become an account: to mint its tokens, or to start work as it.

    Starting work takes two permissions of one caller, so those of several callers are not combined here.
    """
    here = {permission for permission, on in held if on in (PROJECT, account)}
    return bool(here & (MINT | CHANGE_ACCOUNT)) or (
        ACT_AS in here and bool({each for each, _ in held} & START)
    )
