import pytest
from google.api_core import exceptions
from google.cloud import dataform_v1 as api

from tests.localcloud.dataform.conftest import ACCOUNT, new_project

TABLE = 'config {{ type: "{type}", tags: [{tags}] }}\n{sql}'


def table(sql: str, *tags: str, kind: str = "table") -> str:
    return TABLE.format(type=kind, tags=", ".join(f'"{tag}"' for tag in tags), sql=sql)


def chain(project) -> None:
    """Define the tables one → two → three, and `alone`, which shares the tag "odd" with `one`."""
    project.define(
        one=table("select 1 as n", "odd"),
        two=table("select n + 1 as n from ${ref('one')}"),
        three=table("select n + 1 as n from ${ref('two')}"),
        alone=table("select 0 as n", "odd"),
    )


def test_runs_dependencies_first(project, rows, warehouse):
    # Named so that alphabetical order would not do.
    project.define(
        z_source=table("select * from unnest([3, 1, 2]) as n"),
        m_view=table("select n * 10 as n from ${ref('z_source')}", kind="view"),
        a_sum=table("select sum(n) as total from ${ref('m_view')}"),
        no_nulls=table("select n from ${ref('m_view')} where n is null", kind="assertion"),
    )
    invocation = project.run()
    assert invocation.state == api.WorkflowInvocation.State.SUCCEEDED
    assert project.states(invocation) == dict.fromkeys(
        ("z_source", "m_view", "a_sum", "no_nulls"), "SUCCEEDED"
    )
    assert rows("m_view") == [(10,), (20,), (30,)]
    assert rows("a_sum") == [(60,)]
    jobs = {action.bigquery_action.job_id for action in project.actions(invocation).values()}
    assert len(jobs) == 4
    assert {warehouse.get_job(job).state for job in jobs} == {"DONE"}


def test_reports_the_script_and_times_of_each_action(project):
    project.define(one=table("select 1 as n"))
    invocation = project.run()
    action = project.actions(invocation)["one"]
    script = action.bigquery_action.sql_script
    assert script.startswith(f"create or replace table `{project.database}.{project.dataset}.one` as")
    timing, whole = action.invocation_timing, invocation.invocation_timing
    moments = [whole.start_time, timing.start_time, timing.end_time, whole.end_time]
    nanoseconds = [moment.ToNanoseconds() for moment in moments]
    assert nanoseconds == sorted(nanoseconds)
    assert nanoseconds[0] > 0


def test_an_incremental_table_grows_and_is_rebuilt_when_asked(project, rows):
    project.define(
        seen='config { type: "incremental", uniqueKey: ["id"] }\n'
        "select ${when(incremental(), '2 as id, \"more\" as run', '1 as id, \"first\" as run')}"
    )
    compiled = project.compile()
    project.run(compiled)
    assert rows("seen", "id, run") == [(1, "first")]
    again = project.run(compiled)
    assert rows("seen", "id, run") == [(1, "first"), (2, "more")]
    assert "merge" in project.actions(again)["seen"].bigquery_action.sql_script
    project.run(compiled)
    assert rows("seen", "id, run") == [(1, "first"), (2, "more")]
    project.run(compiled, fully_refresh_incremental_tables_enabled=True)
    assert rows("seen", "id, run") == [(1, "first")]


def test_pre_and_post_operations_are_one_script_with_the_table(project, rows):
    project.define(
        made='config { type: "table" }\npre_operations { declare start default 5; }\nselect start as n\n'
        "post_operations { insert into ${self()} values (start + 1) }",
    )
    invocation = project.run()
    assert project.states(invocation) == {"made": "SUCCEEDED"}
    assert rows("made") == [(5,), (6,)]


def test_operations_run_in_their_order(project, rows):
    project.define(
        load='config { type: "operations", hasOutput: true }\n'
        "create or replace table ${self()} as select 1 as n\n---\n"
        "insert into ${self()} select n + 1 from ${self()}",
        after=table("select max(n) as n from ${ref('load')}"),
    )
    project.run()
    assert rows("after") == [(2,)]


def test_a_table_that_was_a_view_is_replaced(project, rows):
    project.define(thing=table("select 1 as n", kind="view"))
    project.run()
    project.define(thing=table("select 2 as n"))
    assert project.states(project.run()) == {"thing": "SUCCEEDED"}
    assert rows("thing") == [(2,)]


def test_dependents_of_a_failure_are_skipped_and_the_rest_runs(project, rows):
    project.define(
        broken=table("select * from `${dataform.projectConfig.defaultSchema}.nowhere`"),
        child=table("select * from ${ref('broken')}"),
        grandchild=table("select * from ${ref('child')}"),
        other=table("select 1 as n"),
    )
    invocation = project.run()
    assert invocation.state == api.WorkflowInvocation.State.FAILED
    assert project.states(invocation) == {
        "broken": "FAILED",
        "child": "SKIPPED",
        "grandchild": "SKIPPED",
        "other": "SUCCEEDED",
    }
    actions = project.actions(invocation)
    assert "nowhere" in actions["broken"].failure_reason
    assert actions["broken"].bigquery_action.job_id
    assert not actions["child"].failure_reason
    assert not actions["child"].bigquery_action.job_id
    assert rows("other") == [(1,)]


def test_an_assertion_that_finds_rows_fails_and_blocks_what_depends_on_it(project):
    project.define(
        numbers='config { type: "table", assertions: { rowConditions: ["n > 1"] } }\n'
        "select * from unnest([0, 1, 2]) as n",
        careless=table("select * from ${ref('numbers')}"),
        careful='config { type: "table", dependOnDependencyAssertions: true }\n'
        "select * from ${ref('numbers')}",
    )
    invocation = project.run()
    states = project.states(invocation)
    (assertion,) = (name for name in states if name.endswith("rowConditions"))
    assert invocation.state == api.WorkflowInvocation.State.FAILED
    assert states == {
        "numbers": "SUCCEEDED",
        "careless": "SUCCEEDED",
        "careful": "SKIPPED",
        assertion: "FAILED",
    }
    action = project.actions(invocation)[assertion]
    assert action.failure_reason == "Assertion failed: query returned 2 row(s)."
    assert action.target.schema == f"{project.dataset}_assertions"


def test_a_disabled_action_does_not_run_and_blocks_nothing(project, rows):
    project.define(
        off='config { type: "table", disabled: true }\nselect 1 as n',
        on='config { type: "table", dependencies: ["off"] }\nselect 2 as n',
    )
    assert project.states(project.run()) == {"off": "DISABLED", "on": "SUCCEEDED"}
    assert rows("on") == [(2,)]


def test_gives_tables_their_descriptions_and_labels(project, warehouse):
    project.define(
        told='config { type: "table", description: "What is told", columns: { n: "A number" },\n'
        'bigquery: { labels: { layer: "gold" } } }\nselect 1 as n',
    )
    invocation = project.run()
    assert project.states(invocation) == {"told": "SUCCEEDED"}
    found = warehouse.get_table(f"{project.database}.{project.dataset}.told")
    assert found.description == "What is told"
    assert found.schema[0].description == "A number"
    assert found.labels == {"layer": "gold"}


@pytest.fixture(scope="module")
def compiled_chain(shared_project) -> api.CompilationResult:
    chain(shared_project)
    return shared_project.compile()


def target(project, name: str) -> api.Target:
    return api.Target(database=project.database, schema=project.dataset, name=name)


@pytest.mark.parametrize(
    ("targets", "config", "expected"),
    [
        ((), {}, {"one", "two", "three", "alone"}),
        ((), {"included_tags": ["odd"]}, {"one", "alone"}),
        (("two",), {}, {"two"}),
        (("two",), {"transitive_dependencies_included": True}, {"one", "two"}),
        (("two",), {"transitive_dependents_included": True}, {"two", "three"}),
        (("three",), {"included_tags": ["odd"]}, {"one", "three", "alone"}),
        ((), {"included_tags": ["nobody's"]}, set()),
    ],
)
def test_runs_only_what_is_included(shared_project, compiled_chain, targets, config, expected):
    chosen = [target(shared_project, name) for name in targets]
    invocation = shared_project.run(compiled_chain, included_targets=chosen, **config)
    assert set(shared_project.states(invocation)) == expected


def test_two_actions_run_at_once_and_a_cancelled_run_stops_them(client, project, warehouse):
    slow = f'config {{ type: "table" }}\n{project.endless}'
    project.define(a=slow, b=slow, c=slow, d=table("select * from ${ref('a')}"))
    invocation = project.start()
    project.wait_for_jobs(invocation, "a", "b")
    assert project.states(invocation) == {"a": "RUNNING", "b": "RUNNING", "c": "PENDING", "d": "PENDING"}
    with pytest.raises(exceptions.BadRequest, match="is still running"):
        client.delete_workflow_invocation(name=invocation.name)
    client.cancel_workflow_invocation(request={"name": invocation.name})
    assert project.states(invocation)["c"] == "CANCELLED"
    assert project.wait(invocation) == api.WorkflowInvocation.State.CANCELLED
    assert project.states(invocation) == dict.fromkeys("abcd", "CANCELLED")
    jobs = [project.actions(invocation)[name].bigquery_action.job_id for name in "ab"]
    assert {warehouse.get_job(job).error_result["reason"] for job in jobs} == {"stopped"}
    with pytest.raises(exceptions.BadRequest, match="has ended: CANCELLED"):
        client.cancel_workflow_invocation(request={"name": invocation.name})


def test_concurrent_invocations_do_not_mix(client, project, own_project, rows):
    other = own_project(client)
    other.define(a=f'config {{ type: "table" }}\n{other.endless}', b=table("select * from ${ref('a')}"))
    project.define(a=table("select 1 as n"), c=table("select n + 1 as n from ${ref('a')}"))
    endless = other.start()
    other.wait_for_jobs(endless, "a")
    quick = project.run()
    assert project.states(quick) == {"a": "SUCCEEDED", "c": "SUCCEEDED"}
    assert rows("c") == [(2,)]
    assert other.states(endless) == {"a": "RUNNING", "b": "PENDING"}
    client.cancel_workflow_invocation(request={"name": endless.name})
    assert other.wait(endless) == api.WorkflowInvocation.State.CANCELLED
    assert project.state(quick) == api.WorkflowInvocation.State.SUCCEEDED


def test_lists_the_newest_first_page_by_page_and_deletes(client, project):
    project.define(one=table("select 1 as n"))
    compiled = project.compile()
    names = [project.run(compiled).name for _ in range(3)]
    listed = client.list_workflow_invocations(request={"parent": project.name, "page_size": 2})
    pages = [[one.name for one in page.workflow_invocations] for page in listed.pages]
    assert pages == [[names[2], names[1]], [names[0]]]
    client.delete_workflow_invocation(name=names[0])
    with pytest.raises(exceptions.NotFound):
        client.get_workflow_invocation(name=names[0])


def test_refuses_a_target_that_was_not_compiled(shared_project, compiled_chain):
    with pytest.raises(exceptions.BadRequest, match=r"has no action .*\.four"):
        shared_project.start(compiled_chain, included_targets=[target(shared_project, "four")])


def test_refuses_a_project_that_does_not_compile(project):
    project.define(bad="select ${nothing}")
    with pytest.raises(exceptions.BadRequest, match="nothing is not defined"):
        project.start()


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ({"service_account": "nobody"}, exceptions.BadRequest, "not an e-mail"),
        (
            {"end_user_auth_config": {"oauth_config": {}}},
            exceptions.MethodNotImplemented,
            "end_user_auth_config",
        ),
    ],
)
def test_refuses_what_it_would_not_honour(shared_project, compiled_chain, config, error, message):
    with pytest.raises(error, match=message):
        shared_project.start(compiled_chain, **config)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ({"workflow_config": "{}/workflowConfigs/x"}, exceptions.MethodNotImplemented),
        ({"compilation_result": "{}/compilationResults/x"}, exceptions.NotFound),
        ({"compilation_result": "{}-other/compilationResults/x"}, exceptions.BadRequest),
        ({}, exceptions.BadRequest),
    ],
)
def test_refuses_to_run_anything_but_a_compilation_result(client, shared_project, source, error):
    repository = shared_project.name
    named = {field: value.format(repository) for field, value in source.items()}
    with pytest.raises(error):
        client.create_workflow_invocation(
            parent=repository, workflow_invocation=api.WorkflowInvocation(**named)
        )


def test_a_run_needs_its_own_account_or_its_repositorys(client):
    bare = new_project(client, account="")
    bare.define(one=table("select 1 as n"))
    with pytest.raises(exceptions.BadRequest, match="strict act-as mode is enforced"):
        bare.start()
    invocation = bare.run(service_account=ACCOUNT)
    assert invocation.state == api.WorkflowInvocation.State.SUCCEEDED


def test_keeps_the_service_account_and_the_result_it_ran(client, project):
    project.define(one=table("select 1 as n"))
    compiled = project.compile()
    invocation = project.run(compiled, service_account="runner@example.iam.gserviceaccount.com")
    assert invocation.invocation_config.service_account == "runner@example.iam.gserviceaccount.com"
    assert invocation.resolved_compilation_result == compiled.name
