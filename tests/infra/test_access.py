"""Who may do what: exactly the table in docs/access.md, and no broad or public access anywhere."""

import json
import re

import pytest

from generate import access_page as access
from infra import iam_graph
from infra.stub.terraform import blocks

BASIC = re.compile(r"roles/(owner|editor|viewer)$|[aA]dmin")
PUBLIC = ("allUsers", "allAuthenticatedUsers", "domain:", "allAuthenticated")


def test_the_bindings_are_those_of_the_table(applied, bootstrap):
    assert access.rows(applied) | access.rows(bootstrap) == access.written().keys()


def test_every_binding_has_its_reason():
    assert [row for row, why in access.written().items() if not why] == []


def test_no_role_is_owner_editor_or_administrator(applied, bootstrap):
    roles = [row[1] for row in access.rows(applied) | access.rows(bootstrap) if row[0] != "projectOwners"]
    assert [role for role in roles if BASIC.search(role)] == []


def test_nobody_may_act_as_an_account_by_a_binding_on_the_project(applied, bootstrap):
    granted = [each["role"] for made in (applied, bootstrap) for each in made.of("google_project_iam_member")]
    assert [role for role in granted if role.startswith("roles/iam.")] == []


def test_nothing_is_public_and_no_account_has_a_key(applied, bootstrap):
    resources = applied.resources + bootstrap.resources
    assert [
        each.address for each in resources if any(word in json.dumps(each.values) for word in PUBLIC)
    ] == []
    assert [each.address for each in resources if each.type == "google_service_account_key"] == []


def test_only_the_warehouse_and_an_erasure_read_the_pseudonym_key(applied):
    readers = {row[0] for row in access.rows(applied) if "winter_days_keys" in row[2]}
    assert readers == {"dataform-exec-sa", "projectOwners", "winter-days-eraser-sa"}


def test_only_the_warehouse_and_an_erasure_read_customer_ids(applied):
    readers = {row[0] for row in access.rows(applied) if "winter_days_contacts" in row[2]}
    assert readers == {"dataform-exec-sa", "projectOwners", "winter-days-eraser-sa"}


def test_the_deployer_to_cloud_run_may_read_its_images(applied):
    # docs.cloud.google.com/run/docs/reference/iam/roles, "deploy container images": Artifact Registry Reader
    row = ("winter-days-deployer-sa", "roles/artifactregistry.reader", "images winter-days")
    assert row in access.rows(applied)


def test_dataforms_agent_may_impersonate_and_attach_the_run_account(applied):
    # Dataform's release note of 19 January 2026 requires the second in addition to the first (strict act-as).
    agent, on = "Dataform's service agent", "account dataform-exec-sa"
    roles = {role for account, role, where in access.rows(applied) if (account, where) == (agent, on)}
    assert roles == {"roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser"}


def test_no_binding_on_the_project_opens_a_dataset(applied):
    granted = {each["role"] for each in applied.of("google_project_iam_member")}
    assert not {role for role in granted if re.search("bigquery.data|storage|dataform", role)}


def test_a_dataset_has_iam_bindings_or_an_access_list(applied):
    # IAM bindings would remove the authorization of another dataset's views: the two exclude each other.
    bound = {each["dataset_id"] for each in applied.of("google_bigquery_dataset_iam_member")}
    listed = {each["dataset_id"] for each in applied.of("google_bigquery_dataset_access")}
    assert bound & listed == set()
    assert bound | listed == {
        f"winter_days_{name}" for name in ("staging", "warehouse", "bi", "features", "assertions")
    }


def test_the_author_of_the_views_may_update_what_they_read(applied):
    author = applied.one("google_project_iam_custom_role", role_id="winterDaysViewAuthor")
    assert author["permissions"] == ["bigquery.datasets.get", "bigquery.datasets.update"]
    rows = access.rows(applied)
    shared = {row[2] for row in rows if row[0] == "views of winter_days_bi"}
    assert shared == {"dataset winter_days_staging", "dataset winter_days_warehouse"}
    assert {row for row in rows if row[1] == "winterDaysViewAuthor"} == {
        ("dataform-exec-sa", "winterDaysViewAuthor", dataset) for dataset in shared
    }


def test_account_ids_are_valid_for_google(applied, bootstrap):
    ids = [each["account_id"] for made in (applied, bootstrap) for each in made.of("google_service_account")]
    assert len(ids) == 12
    assert [each for each in ids if not re.fullmatch(r"[a-z][-a-z0-9]{4,28}[a-z0-9]", each)] == []


def test_each_account_reaches_exactly_those_of_the_page(applied, bootstrap):
    reached = {
        (account, what) for account, found in access.reach(applied, bootstrap).items() for what in found
    }
    assert reached == access.written_reach().keys()
    assert [line for line, how in access.written_reach().items() if not how] == []


def test_nobody_becomes_an_owner(applied, bootstrap):
    assert [
        account for account, found in access.reach(applied, bootstrap).items() if iam_graph.OWNER in found
    ] == []


def test_only_pseudonymisation_and_erasure_reach_the_key(applied, bootstrap):
    readers = {
        account for account, found in access.reach(applied, bootstrap).items() if iam_graph.KEY in found
    }
    assert readers == {"dataform-exec-sa", "Dataform's service agent", "winter-days-eraser-sa"}


def test_a_deployment_changes_no_rights(bootstrap):
    for role in bootstrap.of("google_project_iam_custom_role"):
        rights = re.compile(r"setIamPolicy|^iam\.(?!.*\.(get|getIamPolicy|list)$)|datasets\.(create|update)")
        assert [each for each in role["permissions"] if rights.search(each)] == [], role["role_id"]


def test_a_deployment_deletes_no_data(bootstrap):
    for role in bootstrap.of("google_project_iam_custom_role"):
        data = re.compile(r"(buckets|managedFolders|datasets|tables|databases|repositories)\.delete$")
        assert [each for each in role["permissions"] if data.search(each)] == [], role["role_id"]


def test_the_custom_runner_role_only_runs_dataform(applied):
    runner = applied.one("google_project_iam_custom_role", role_id="winterDaysDataformRunner")
    assert {each.split(".")[0] for each in runner["permissions"]} == {"dataform"}
    assert not {
        each for each in runner["permissions"] if re.search("write|delete|commit|update|Policy", each)
    }


def test_a_deployment_reads_no_data(bootstrap):
    for role in bootstrap.of("google_project_iam_custom_role"):
        data = re.compile(r"getData|updateData|storage\.objects|datastore\.entities|actAs|getAccessToken|Key")
        assert [each for each in role["permissions"] if data.search(each)] == [], role["role_id"]


def test_a_plan_changes_nothing(bootstrap):
    planner = bootstrap.one("google_project_iam_custom_role", role_id="winterDaysPlanner")
    deployer = bootstrap.one("google_project_iam_custom_role", role_id="winterDaysDeployer")
    assert set(planner["permissions"]) < set(deployer["permissions"])
    actions = {each.rpartition(".")[2] for each in planner["permissions"]}
    assert not {each for each in actions if re.match("create|delete|update|set|commit|enable|pause", each)}


def attributes(provider, claims):
    """Return the attributes that Google maps from a GitHub token, or None if refused; for our CEL only."""
    wanted = re.findall(r'assertion\.(\w+) == "(\d+)"', provider["attribute_condition"])
    assert provider["attribute_condition"] == " && ".join(
        f'assertion.{name} == "{value}"' for name, value in wanted
    )
    if any(claims[name] != value for name, value in wanted):
        return None
    mapping = dict(provider["attribute_mapping"])
    form = r"assertion\.ref == '(.+)' && has\(assertion\.environment\) \? assertion\.environment : ''"
    [branch] = re.fullmatch(form, mapping.pop("attribute.deploys")).groups()
    found = {"deploys": claims.get("environment", "") if claims["ref"] == branch else ""}
    assert mapping.pop("attribute.event_name") == "assertion.event_name"
    assert (
        mapping.pop("google.subject")
        == "'repository:' + assertion.repository_id + ':run:' + assertion.run_id"
    )
    assert not mapping
    return found | {"event_name": claims["event_name"]}


def accounts_of(bootstrap, claims):
    """Return the accounts that a workflow with such a token may act as."""
    found = attributes(bootstrap.one("google_iam_workload_identity_pool_provider"), claims)
    pool = bootstrap.one("google_iam_workload_identity_pool")["name"]
    members = [
        f"principalSet://iam.googleapis.com/{pool}/attribute.{name}/{value}"
        for name, value in (found or {}).items()
    ]
    return {
        each["service_account_id"].partition("/serviceAccounts/")[2].partition("@")[0]
        for each in bootstrap.of("google_service_account_iam_member")
        if each["member"] in members
    }


# The relevant claims, as GitHub has issued them since 15 July 2026: names with ids, and ids alone.
OURS = {
    "sub": "repo:example@1234567/winter-days@987654321:environment:dev",
    "repository": "example/winter-days", "repository_id": "987654321",
    "repository_owner": "example", "repository_owner_id": "1234567",
    "event_name": "push", "ref": "refs/heads/main", "run_id": "1", "environment": "dev",
}  # fmt: skip
PLANNED = OURS | {"event_name": "pull_request", "ref": "refs/pull/7/merge"}
NO_ENVIRONMENT = {name: value for name, value in PLANNED.items() if name != "environment"}


@pytest.mark.parametrize(
    ("claims", "accounts"),
    [
        (OURS, {"winter-days-deployer-sa"}),
        (OURS | {"repository": "example/renamed"}, {"winter-days-deployer-sa"}),
        (NO_ENVIRONMENT, {"winter-days-planner-sa"}),
        (PLANNED, {"winter-days-planner-sa"}),  # a pull request that claims the environment deploys nothing
        (OURS | {"environment": "prod"}, set()),
        (OURS | {"ref": "refs/heads/mine"}, set()),
        (OURS | {"repository_id": "5"}, set()),  # the name, reused by somebody else after it was given up
        (OURS | {"repository_owner_id": "5"}, set()),
    ],
)
def test_github_deploys_from_main_of_the_one_repository_into_the_one_environment(bootstrap, claims, accounts):
    assert accounts_of(bootstrap, claims) == accounts
    provider = bootstrap.one("google_iam_workload_identity_pool_provider")
    assert provider["oidc"][0]["issuer_uri"] == "https://token.actions.githubusercontent.com"
    assert not [block for block in blocks(dict(provider)) if block.get("allowed_audiences")]
