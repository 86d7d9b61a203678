import pytest
from google.api_core import exceptions
from google.cloud import dataform_v1 as api

Relation = api.CompilationResultAction.Relation


def queried(client, compiled: api.CompilationResult) -> dict[str, api.CompilationResultAction]:
    found = client.query_compilation_result_actions(request={"name": compiled.name})
    return {action.target.name: action for action in found}


def test_returns_each_action_as_compiled(client, project):
    project.define(
        source='config { type: "declaration", schema: "elsewhere", name: "source" }',
        wide='config { type: "table", tags: ["daily"], description: "Wide",\n'
        'bigquery: { partitionBy: "day", clusterBy: ["n"] } }\n'
        "select n, current_date() as day from ${ref('source')}",
        more='config { type: "incremental", uniqueKey: ["n"] }\n'
        "select n from ${ref('wide')} ${when(incremental(), 'where n > 1')}",
        seen='config { type: "view", disabled: true }\nselect n from ${ref("more")}',
        check='config { type: "assertion" }\nselect n from ${ref("seen")} where n < 0',
        load='config { type: "operations" }\nselect 1\n---\nselect 2',
    )
    compiled = project.compile()
    assert not compiled.compilation_errors
    assert compiled.dataform_core_version == "3.0.62"
    actions = queried(client, compiled)
    assert set(actions) == {"source", "wide", "more", "seen", "check", "load"}
    wide, more, seen = (actions[name].relation for name in ("wide", "more", "seen"))
    assert wide.relation_type == Relation.RelationType.TABLE
    assert wide.partition_expression == "day"
    assert list(wide.cluster_expressions) == ["n"]
    assert list(wide.tags) == ["daily"]
    assert wide.relation_descriptor.description == "Wide"
    assert [dependency.schema for dependency in wide.dependency_targets] == ["elsewhere"]
    assert more.relation_type == Relation.RelationType.INCREMENTAL_TABLE
    assert "where n > 1" not in more.select_query
    assert "where n > 1" in more.incremental_table_config.incremental_select_query
    assert list(more.incremental_table_config.unique_key_parts) == ["n"]
    assert seen.relation_type == Relation.RelationType.VIEW
    assert seen.disabled
    assert "where n < 0" in actions["check"].assertion.select_query
    assert [query.strip() for query in actions["load"].operations.queries] == ["select 1", "select 2"]
    assert "declaration" in actions["source"]
    assert actions["wide"].file_path == "definitions/wide.sqlx"


def test_the_configuration_overrides_the_settings(client, project):
    project.define(
        told='config { type: "view", assertions: { nonNull: ["word"] } }\n'
        "select '${dataform.projectConfig.vars.greeting}' as word",
    )
    compiled = project.compile(
        default_database="another-project",
        default_schema="house",
        assertion_schema="checks",
        default_location="EU",
        vars={"greeting": "a=b, c"},
        schema_suffix="test",
        table_prefix="my",
    )
    actions = queried(client, compiled)
    told = actions.pop("my_told")
    assert (told.target.database, told.target.schema) == ("another-project", "house_test")
    assert told.canonical_target.name == "told"
    assert "'a=b, c' as word" in told.relation.select_query
    (assertion,) = actions.values()
    assert assertion.target.schema == "checks_test"
    assert compiled.code_compilation_config.vars == {"greeting": "a=b, c"}


def test_a_run_writes_with_the_table_prefix_and_schema_suffix(project, warehouse):
    project.define(one='config { type: "table" }\nselect 1 as n')
    invocation = project.run(project.compile(schema_suffix="test", table_prefix="my"))
    assert project.states(invocation) == {"my_one": "SUCCEEDED"}
    written = warehouse.get_table(f"{project.database}.{project.dataset}_test.my_one")
    assert written.num_rows == 1


@pytest.mark.parametrize(
    ("definition", "message", "path"),
    [
        ("select ${nothing}", "nothing is not defined", "definitions/bad.sqlx"),
        ('config { type: "tabel" }\nselect 1', "tabel", "definitions/bad.sqlx"),
        ("select * from ${ref('nowhere')}", "nowhere", "definitions/bad.sqlx"),
    ],
)
def test_a_compile_error_is_inside_the_result(project, definition, message, path):
    project.define(bad=definition)
    compiled = project.compile()
    found = [(error.message, error.path) for error in compiled.compilation_errors]
    assert any(message in text and path == where for text, where in found), found


def test_an_error_in_an_action_names_its_target(project):
    project.define(bad='config { type: "table" }\nselect * from ${ref("nowhere")}')
    *_, error = project.compile().compilation_errors
    assert error.message.startswith("Missing dependency detected")
    assert error.stack.startswith("Error: Missing dependency")
    assert error.action_target == api.Target(database=project.database, schema=project.dataset, name="bad")


def test_a_wrong_core_version_is_a_compile_error(project):
    project.write("workflow_settings.yaml", "defaultDataset: x\ndataformCoreVersion: 3.0.1\n")
    (error,) = project.compile().compilation_errors
    assert "3.0.1" in error.message
    assert "3.0.62" in error.message


def test_a_result_does_not_change_with_the_workspace(client, project):
    project.define(one="config { type: 'table' }\nselect 1 as n")
    compiled = project.compile()
    project.define(two="config { type: 'table' }\nselect 2 as n")
    assert set(queried(client, compiled)) == {"one"}
    assert client.get_compilation_result(name=compiled.name) == compiled


def test_compiles_a_commit(client, project):
    files = {
        "workflow_settings.yaml": "defaultProject: p\ndefaultDataset: d\n",
        "definitions/one.sqlx": "config { type: 'table' }\nselect 1 as n",
    }
    operation = api.CommitRepositoryChangesRequest.FileOperation
    author = api.CommitAuthor(name="Test", email_address="test@example.com")
    request = api.CommitRepositoryChangesRequest(
        name=project.name,
        commit_metadata=api.CommitMetadata(author=author),
        file_operations={
            path: operation(write_file=operation.WriteFile(contents=text.encode()))
            for path, text in files.items()
        },
    )
    sha = client.commit_repository_changes(request=request).commit_sha
    for commitish in ("main", sha, sha[:8]):
        compiled = client.create_compilation_result(
            parent=project.name, compilation_result=api.CompilationResult(git_commitish=commitish)
        )
        assert compiled.resolved_git_commit_sha == sha
        assert set(queried(client, compiled)) == {"one"}


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ({}, exceptions.BadRequest),
        ({"git_commitish": "nowhere"}, exceptions.NotFound),
        ({"workspace": "{}/workspaces/nowhere"}, exceptions.NotFound),
        ({"workspace": "{}-other/workspaces/w"}, exceptions.BadRequest),
        ({"release_config": "{}/releaseConfigs/x"}, exceptions.MethodNotImplemented),
    ],
)
def test_refuses_an_invalid_source(client, shared_project, source, error):
    repository = shared_project.name
    named = {field: value.format(repository) for field, value in source.items()}
    with pytest.raises(error):
        client.create_compilation_result(parent=repository, compilation_result=api.CompilationResult(**named))


def test_refuses_a_configuration_it_would_not_honour(shared_project):
    options = api.NotebookRuntimeOptions(gcs_output_bucket="gs://b")
    with pytest.raises(exceptions.MethodNotImplemented, match="default_notebook_runtime_options"):
        shared_project.compile(default_notebook_runtime_options=options)
    with pytest.raises(exceptions.BadRequest, match="schema_suffix 'a b'"):
        shared_project.compile(schema_suffix="a b")
