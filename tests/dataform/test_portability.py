"""The compiled SQL is valid in BigQuery, and only names change from one project to another."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from google.cloud.dataform_v1 import CodeCompilationConfig, CompilationResult, CompilationResultAction

from localcloud.bigquery.googlesql.analyser import Analyser
from localcloud.bigquery.googlesql.module import Module, RefusedError

EXTERNAL_TABLE = re.compile(
    r"\s*CREATE OR REPLACE EXTERNAL TABLE `[\w.-]+` \([^)]*\)\s*WITH PARTITION COLUMNS"
)
OTHER = {
    "winter-days-local": "other-project-1",
    "winter_days_staging": "other_silver",
    "winter_days_warehouse": "other_gold",
    "winter_days_bi": "other_bi",
    "winter_days_assertions": "other_checks",
    "winter_days_keys": "other_keys",
    "winter_days_contacts": "other_contacts",
    "gs://lake/": "gs://other-lake/",
}


def statements(action: CompilationResultAction) -> Iterator[str]:
    """Yield every piece of SQL of an action."""
    if action.relation:
        config = action.relation.incremental_table_config
        yield from (action.relation.select_query, config.incremental_select_query)
        yield from (*action.relation.pre_operations, *action.relation.post_operations)
        yield from (*config.incremental_pre_operations, *config.incremental_post_operations)
    elif action.operations:
        yield from action.operations.queries
    elif action.assertion:
        yield action.assertion.select_query


@pytest.fixture(scope="module")
def sql(actions: list[CompilationResultAction]) -> dict[str, list[str]]:
    """Return the SQL of each action that has any."""
    found = {a.target.name: [text for text in statements(a) if text.strip()] for a in actions}
    return {name: texts for name, texts in found.items() if texts}


def test_googles_parser_reads_every_statement(sql: dict[str, list[str]]) -> None:
    """Its names and types are checked where it runs: by the local BigQuery, in the other tests."""
    analyser = Analyser(Module())
    with pytest.raises(RefusedError, match="Unexpected keyword NEW"):
        analyser.table_names("CREATE TABLE t (new INT64)")
    read = {name: [analyser.table_names(text) for text in texts] for name, texts in sql.items()}
    assert [name for name in sql if name.startswith("ext_") and not EXTERNAL_TABLE.match(sql[name][0])] == []
    assert sum(map(len, read.values())) > 100


def test_compilation_overrides_change_nothing_but_names(warehouse: Any, actions: Any) -> None:
    wanted = CodeCompilationConfig(
        default_database="other-project-1",
        default_schema="other_silver",
        assertion_schema="other_checks",
        default_location="europe-west4",
        vars={
            "bucket": "other-lake",
            "warehouse_dataset": "other_gold",
            "bi_dataset": "other_bi",
            "keys_dataset": "other_keys",
            "contacts_dataset": "other_contacts",
        },
    )
    compiled = warehouse.dataform.create_compilation_result(
        parent=warehouse.repository,
        compilation_result=CompilationResult(git_commitish="main", code_compilation_config=wanted),
    )
    assert not compiled.compilation_errors
    found = warehouse.dataform.query_compilation_result_actions(request={"name": compiled.name})

    theirs = [CompilationResultAction.to_json(action, sort_keys=True) for action in found]
    ours = [CompilationResultAction.to_json(action, sort_keys=True) for action in actions]
    for name, other in OTHER.items():
        assert any(name in text for text in ours)
        assert not any(name in text for text in theirs)
        theirs = [text.replace(other, name) for text in theirs]
    assert sorted(theirs) == sorted(ours)
