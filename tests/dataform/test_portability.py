"""The compiled SQL is BigQuery's, and nothing but names changes from one project to another."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlglot
from google.cloud.dataform_v1 import CodeCompilationConfig, CompilationResult, CompilationResultAction
from sqlglot import exp
from sqlglot.tokens import TokenType


def words(text: str) -> set[str]:
    """Return the words of a text."""
    return set(text.split())


# Each is in BigQuery's function reference; look a new one up there before it is added.
BIGQUERY_FUNCTIONS = words("""
    ANY_VALUE ARRAY_AGG ARRAY_TO_STRING CAST CONCAT COUNT COUNTIF DATE DATE_ADD DATE_DIFF DATE_SUB DATE_TRUNC
    GENERATE_ARRAY GREATEST IF IFNULL JSON_TYPE JSON_VALUE LAG LEAD LEAST LENGTH LOWER MAX MD5 MIN NULLIF
    PARSE_JSON REGEXP_REPLACE ROW_NUMBER SAFE_CAST SHA256 STARTS_WITH STDDEV_POP STRUCT SUM TIMESTAMP TO_HEX
    TO_JSON_STRING TRIM UNNEST UPPER
""")
# Words that stand before a bracket without being functions.
SYNTAX = words("""
    ALL AND AS BETWEEN BY COLUMNS DEFAULT DISTINCT EXISTS FROM IN JOIN NOT ON OPTIONS OR OVER SELECT THEN
    USING WHEN WHERE
""")
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


def test_every_statement_parses_as_bigquery_sql(sql: dict[str, list[str]]) -> None:
    for name, texts in sql.items():
        for text in texts:
            if name.startswith("ext_"):
                assert EXTERNAL_TABLE.match(text), f"{name}: {text}"
                continue
            for tree in filter(None, sqlglot.parse(text, dialect="bigquery")):
                assert not tree.find(exp.Command), f"{name}: {tree.sql('bigquery')}"


def test_every_function_is_one_of_bigquery(sql: dict[str, list[str]]) -> None:
    used = set()
    for texts in sql.values():
        for text in texts:
            tokens = sqlglot.tokenize(text, dialect="bigquery")
            for word, bracket in itertools.pairwise(tokens):
                if bracket.token_type == TokenType.L_PAREN and re.fullmatch(r"[A-Za-z_]\w*", word.text):
                    used.add(word.text.upper())
    assert used & BIGQUERY_FUNCTIONS
    assert used - SYNTAX - BIGQUERY_FUNCTIONS == set()


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
