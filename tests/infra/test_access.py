"""Who may do what: exactly the table in docs/access.md, and nothing wide or public anywhere."""

import json
import re

from generate import access_page as access
from tests.infra.terraform import blocks

BASIC = re.compile(r"roles/(owner|editor|viewer)$|[aA]dmin")
PUBLIC = ("allUsers", "allAuthenticatedUsers", "domain:", "allAuthenticated")


def test_the_bindings_are_those_of_the_table(applied, bootstrap):
    assert access.rows(applied) | access.rows(bootstrap) == access.written().keys()


def test_every_binding_has_its_reason():
    assert [row for row, why in access.written().items() if not why] == []


def test_no_role_is_an_owners_an_editors_or_an_administrators(applied, bootstrap):
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


def test_no_binding_on_the_project_opens_a_dataset(applied):
    granted = {each["role"] for each in applied.of("google_project_iam_member")}
    assert not {role for role in granted if re.search("bigquery.data|storage|dataform", role)}


def test_a_dataset_has_bindings_or_a_list_of_its_own(applied):
    # The provider's bindings wipe out that a dataset's views may read another: the two exclude each other.
    bound = {each["dataset_id"] for each in applied.of("google_bigquery_dataset_iam_member")}
    listed = {each["dataset_id"] for each in applied.of("google_bigquery_dataset_access")}
    assert bound & listed == set()
    assert bound | listed == {
        f"winter_days_{name}" for name in ("staging", "warehouse", "bi", "features", "assertions")
    }


def test_who_writes_the_views_may_update_what_they_read(applied):
    author = applied.one("google_project_iam_custom_role", role_id="winterDaysViewAuthor")
    assert author["permissions"] == ["bigquery.datasets.get", "bigquery.datasets.update"]
    rows = access.rows(applied)
    shared = {row[2] for row in rows if row[0] == "views of winter_days_bi"}
    assert shared == {"dataset winter_days_staging", "dataset winter_days_warehouse"}
    assert {row for row in rows if row[1] == "winterDaysViewAuthor"} == {
        ("dataform-exec-sa", "winterDaysViewAuthor", dataset) for dataset in shared
    }


def test_an_account_id_is_one_that_google_takes(applied, bootstrap):
    ids = [each["account_id"] for made in (applied, bootstrap) for each in made.of("google_service_account")]
    assert len(ids) == 11
    assert [each for each in ids if not re.fullmatch(r"[a-z][-a-z0-9]{4,28}[a-z0-9]", each)] == []


def test_own_roles_hold_no_more_than_they_say(applied):
    runner = applied.one("google_project_iam_custom_role", role_id="winterDaysDataformRunner")
    assert {each.split(".")[0] for each in runner["permissions"]} == {"dataform"}
    assert not {
        each for each in runner["permissions"] if re.search("write|delete|commit|update|Policy", each)
    }


def test_a_deployment_may_grant_what_the_platform_grants_and_no_more(applied, bootstrap):
    grantor = bootstrap.one("google_project_iam_custom_role", role_id="winterDaysGrantor")
    [expression] = [
        block["expression"]
        for each in bootstrap.of("google_project_iam_member")
        if each["role"] == grantor["name"]
        for block in each["condition"]
    ]
    allowed = set(json.loads(re.search(r"hasOnly\((\[.*\])\)", expression)[1]))
    assert allowed == {each["role"] for each in applied.of("google_project_iam_member")}


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


def test_github_deploys_from_the_one_repository_and_environment(bootstrap):
    provider = bootstrap.one("google_iam_workload_identity_pool_provider")
    assert provider["attribute_condition"] == 'assertion.repository == "example/winter-days"'
    assert provider["oidc"][0]["issuer_uri"] == "https://token.actions.githubusercontent.com"
    members = {
        each["member"].partition("/subject/")[2] for each in bootstrap.of("google_service_account_iam_member")
    }
    repository = "repo:example/winter-days"
    assert members == {f"{repository}:pull_request", f"{repository}:environment:dev"}
    assert not [block for block in blocks(dict(provider)) if block.get("allowed_audiences")]
