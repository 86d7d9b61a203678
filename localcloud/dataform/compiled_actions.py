"""The compiled graph in the API's form: one CompilationResultAction per table, assertion and so on."""

from collections.abc import Iterator
from typing import Any

from google.cloud import dataform_v1 as api

from localcloud.dataform.official_tool import Json

type Action = api.CompilationResultAction
_Relation = api.CompilationResultAction.Relation
_TYPES = {
    "TABLE": _Relation.RelationType.TABLE,
    "VIEW": _Relation.RelationType.VIEW,
    "INCREMENTAL": _Relation.RelationType.INCREMENTAL_TABLE,
}


def target(found: Json) -> api.Target:
    """Return a graph's target as the API's message."""
    return api.Target({key: found[key] for key in ("database", "schema", "name") if key in found})


def full_name(found: Json) -> str:
    """Return a target as database.schema.name, the form by which the official tool selects actions."""
    return ".".join(found[key] for key in ("database", "schema", "name") if found.get(key))


def compiled_actions(graph: Json) -> Iterator[Action]:
    """Yield the actions of a compiled graph: relations, operations, assertions and declarations."""
    for table in graph.get("tables", []):
        yield _action(table, relation=_relation(table))
    for operation in graph.get("operations", []):
        yield _action(operation, operations=_operations(operation))
    for assertion in graph.get("assertions", []):
        yield _action(assertion, assertion=_assertion(assertion))
    for declaration in graph.get("declarations", []):
        descriptor = _descriptor(declaration)
        declared = api.CompilationResultAction.Declaration(relation_descriptor=descriptor)
        yield _action(declaration, declaration=declared)


def _action(found: Json, **compiled: Any) -> Action:
    return api.CompilationResultAction(
        target=target(found["target"]),
        canonical_target=target(found.get("canonicalTarget", {})),
        file_path=found.get("fileName", ""),
        **compiled,
    )


def _common_fields(found: Json) -> Json:
    return {
        "dependency_targets": [target(dependency) for dependency in found.get("dependencyTargets", [])],
        "disabled": found.get("disabled", False),
        "tags": found.get("tags", []),
    }


def _relation(table: Json) -> api.CompilationResultAction.Relation:
    warehouse = table.get("bigquery", {})
    kind = _TYPES[table["enumType"]]
    if table.get("materialized"):
        kind = _Relation.RelationType.MATERIALIZED_VIEW
    relation = _Relation(
        **_common_fields(table),
        relation_type=kind,
        relation_descriptor=_descriptor(table),
        select_query=table.get("query", ""),
        pre_operations=table.get("preOps", []),
        post_operations=table.get("postOps", []),
        partition_expression=warehouse.get("partitionBy", ""),
        cluster_expressions=warehouse.get("clusterBy", []),
        partition_expiration_days=warehouse.get("partitionExpirationDays", 0),
        require_partition_filter=warehouse.get("requirePartitionFilter", False),
        additional_options=warehouse.get("additionalOptions", {}),
    )
    if table["enumType"] == "INCREMENTAL":
        relation.incremental_table_config = _incremental(table)
    return relation


def _incremental(table: Json) -> api.CompilationResultAction.Relation.IncrementalTableConfig:
    return _Relation.IncrementalTableConfig(
        incremental_select_query=table.get("incrementalQuery", ""),
        refresh_disabled=table.get("protected", False),
        unique_key_parts=table.get("uniqueKey", []),
        update_partition_filter=table.get("bigquery", {}).get("updatePartitionFilter", ""),
        incremental_pre_operations=table.get("incrementalPreOps", []),
        incremental_post_operations=table.get("incrementalPostOps", []),
    )


def _operations(operation: Json) -> api.CompilationResultAction.Operations:
    return api.CompilationResultAction.Operations(
        **_common_fields(operation),
        relation_descriptor=_descriptor(operation),
        queries=operation.get("queries", []),
        has_output=operation.get("hasOutput", False),
    )


def _assertion(assertion: Json) -> api.CompilationResultAction.Assertion:
    return api.CompilationResultAction.Assertion(
        **_common_fields(assertion),
        relation_descriptor=_descriptor(assertion),
        select_query=assertion.get("query", ""),
        parent_action=target(assertion.get("parentAction", {})),
    )


def _descriptor(found: Json) -> api.RelationDescriptor:
    described = found.get("actionDescriptor", {})
    columns = [
        api.RelationDescriptor.ColumnDescriptor(
            path=column.get("path", []),
            description=column.get("description", ""),
            bigquery_policy_tags=column.get("bigqueryPolicyTags", []),
        )
        for column in described.get("columns", [])
    ]
    return api.RelationDescriptor(
        description=described.get("description", ""),
        columns=columns,
        bigquery_labels=described.get("bigqueryLabels", {}),
    )
