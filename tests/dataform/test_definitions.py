"""Rules for every definition, checked on what the definitions compile to."""

import json
import re
from typing import Any

import pytest
import yaml

from infra import tables

GOLD = {
    *(
        "agg_cust_metrics",
        "agg_revenue_by_day",
        "dim_customer",
        "dim_startup",
        "fct_click_features",
        "fct_click_versions",
    ),
    *("fct_sales", "fct_sales_past", "fct_sale_versions"),
}
DECLARED = {
    *("fact_predictions_churn", "churn_outcomes", "pipeline_runs"),
    *("retention_audiences", "retention_effects"),
}
BI = {
    *("bi_churn_risk_by_segment", "bi_cohort_retention", "bi_customers_by_month", "bi_customers_to_call"),
    *("bi_data_freshness", "bi_funnel_by_day", "bi_prediction_quality", "bi_rejects_by_day"),
    *("bi_lapsed_customers", "bi_retention_effect", "bi_revenue_by_day", "bi_run_costs"),
    "bi_startups_by_stage",
}
AS_OF_READERS = {"agg_cust_metrics", "dim_customer", *BI - {"bi_rejects_by_day", "bi_startups_by_stage"}}
VARIABLES = {
    *(
        "bucket",
        "sources",
        "as_of",
        "business_time_zone",
        "warehouse_dataset",
        "keys_dataset",
        "contacts_dataset",
        "earliest_date",
    ),
    *("bi_dataset", "lapsed_after_days", "shown_as_of"),
    *("assert_all", "look_back_days", "least_volume_share", "most_volume_share", "max_reject_share"),
}
CLOCK = re.compile(r"\bCURRENT_(DATE|DATETIME|TIMESTAMP|TIME)\b", re.IGNORECASE)
STAR = re.compile(r"SELECT\s+(\w+\.)?\*|\w\.\*", re.IGNORECASE)


@pytest.fixture(scope="module")
def relations(actions: Any) -> dict[str, Any]:
    """Return tables and views by name."""
    return {action.target.name: action.relation for action in actions if action.relation}


@pytest.fixture(scope="module")
def statements(relations: Any) -> dict[str, str]:
    """Return all the SQL of each table and view."""
    return {
        name: "\n".join(
            [
                relation.select_query,
                *relation.pre_operations,
                *relation.post_operations,
                relation.incremental_table_config.incremental_select_query,
                *relation.incremental_table_config.incremental_pre_operations,
                *relation.incremental_table_config.incremental_post_operations,
            ]
        )
        for name, relation in relations.items()
    }


def test_each_layer_has_its_dataset_and_its_tag(actions: Any) -> None:
    for action in actions:
        layer = action.relation or action.operations
        if layer:
            name = action.target.name
            kinds = {"gold": GOLD, "bi": BI, "contacts": {"customer_ids"}}
            tag = next((kind for kind, names in kinds.items() if name in names), "silver")
            datasets = {"gold": "warehouse", "silver": "staging"}
            assert action.target.schema == f"winter_days_{datasets.get(tag, tag)}", name
            assert ("bronze" if name.startswith("ext_") else tag) in layer.tags, name


def test_gold_and_bi_are_complete(actions: Any) -> None:
    def names(dataset: str) -> set[str]:
        return {action.target.name for action in actions if action.target.schema == dataset}

    assert names("winter_days_warehouse") == GOLD | DECLARED
    assert names("winter_days_bi") == BI


def test_every_table_and_column_is_described(actions: Any) -> None:
    for action in actions:
        if described := action.relation or action.operations or action.declaration:
            descriptor = described.relation_descriptor
            assert descriptor.description, action.target.name
            assert descriptor.columns, action.target.name
            assert all(column.description for column in descriptor.columns), action.target.name


def test_every_table_has_assertions(actions: Any, relations: Any) -> None:
    asserted = {action.assertion.parent_action.name for action in actions if action.assertion}
    of_late = {f"assert_{name}_{verb}_sound": name for name in relations for verb in ("is", "are")}
    asserted |= {of_late[action.target.name] for action in actions if action.target.name in of_late}
    views = {name for name, relation in relations.items() if relation.relation_type.name == "VIEW"}
    assert relations.keys() - views <= asserted


def test_gold_waits_for_the_assertions_of_what_it_reads(actions: Any, relations: Any) -> None:
    parents = {
        action.target.name: action.assertion.parent_action.name for action in actions if action.assertion
    }
    for name in GOLD:
        needed = {target.name for target in relations[name].dependency_targets}
        read = needed - parents.keys()
        assert {assertion for assertion, parent in parents.items() if parent in read} <= needed, name


def test_the_views_for_dashboards_read_only_tables_of_silver_and_gold(relations: Any) -> None:
    # A viewer's permission ends at the first view: what that reads must not be another view.
    kinds = {name: relation.relation_type.name for name, relation in relations.items()}
    for name in BI:
        assert kinds[name] == "VIEW"
        for target in relations[name].dependency_targets:
            assert target.name in DECLARED or kinds[target.name].endswith("TABLE"), name
            assert target.schema in ("winter_days_staging", "winter_days_warehouse"), name


def test_what_the_steps_write_is_declared_as_they_write_it(actions: Any) -> None:
    for action in actions:
        if action.target.name in DECLARED:
            written = json.loads((tables.FOLDER / f"{action.target.name}.json").read_text())
            declared = [column.path[0] for column in action.declaration.relation_descriptor.columns]
            assert declared == [column["name"] for column in written["schema"]], action.target.name


PARTITIONED = {
    "customer_ids": ("", ["customer_key"]),
    "stg_sales_rows": ("export_date", []),
    "stg_sales_latest": ("DATE_TRUNC(sale_date, MONTH)", ["sale_date", "customer_key"]),
    "stg_click_rows": ("load_date", []),
    "stg_click": ("DATE_TRUNC(event_date, MONTH)", ["event_date", "customer_key"]),
    "stg_startup_rows": ("load_date", []),
    "stg_startup": ("load_date", ["startup_id"]),
    "fct_sales": ("DATE_TRUNC(sale_date, MONTH)", ["sale_date", "customer_key"]),
    "fct_sales_past": ("known_until_date", ["customer_key"]),
    "agg_revenue_by_day": ("DATE_TRUNC(sale_date, MONTH)", ["sale_date"]),
    "fct_click_versions": ("DATE_TRUNC(event_date, MONTH)", ["event_date", "customer_key"]),
}


def test_tables_that_grow_daily_are_incremental_partitioned_and_clustered(relations: Any) -> None:
    incremental = {
        name: (relation.partition_expression, list(relation.cluster_expressions))
        for name, relation in relations.items()
        if relation.relation_type.name == "INCREMENTAL_TABLE"
    }
    assert incremental == PARTITIONED


@pytest.mark.parametrize(
    ("table", "read", "filter_"),
    [
        ("stg_sales_rows", "stg_sales_checked", "export_date >= first_unread"),
        ("customer_ids", "stg_sales", "export_date >= first_unread"),
        ("stg_click_rows", "stg_click_checked", "load_date >= first_reopened"),
        ("stg_startup_rows", "stg_startup_checked", "load_date >= first_reopened"),
    ],
)
def test_an_incremental_run_opens_only_the_folders_from_a_constant_day_on(
    relations: Any, table: str, read: str, filter_: str
) -> None:
    config = relations[table].incremental_table_config
    constant = filter_.rpartition(" ")[2]
    assert f"DECLARE {constant} DATE DEFAULT" in config.incremental_pre_operations[0]
    assert filter_ in config.incremental_select_query
    # A filter passes through a view to the files only where the view neither groups nor ranks.
    assert not re.search("GROUP BY|QUALIFY|DISTINCT", relations[read].select_query)


def test_every_table_is_labelled(actions: Any, relations: Any) -> None:
    for name, relation in relations.items():
        labels = relation.relation_descriptor.bigquery_labels
        assert set(relation.tags) == set(labels.values()), name
    for action in actions:
        if action.operations:
            [query] = action.operations.queries
            layer, source = action.operations.tags
            said = f"labels = [('layer', '{layer}'), ('source', '{source}')]" in query
            assert said == ("EXTERNAL" not in query), "BigQuery takes no labels of an external table"


def test_nothing_reads_the_clock_or_all_columns(statements: dict[str, str]) -> None:
    for name, sql in statements.items():
        assert not CLOCK.search(sql), name
        assert not STAR.search(sql), name


def test_only_customer_tables_and_dashboards_depend_on_the_date(warehouse: Any) -> None:
    def queries(as_of: str) -> dict[str, str]:
        found = warehouse.dataform.query_compilation_result_actions(
            request={"name": warehouse.compile(as_of=as_of).name}
        )
        return {action.target.name: action.relation.select_query for action in found if action.relation}

    before, after = queries("2025-11-03"), queries("2025-11-04")
    assert {name for name in before if before[name] != after[name]} == AS_OF_READERS


@pytest.mark.parametrize(("variable", "value"), [("as_of", "2025-13-01"), ("bucket", "a'b")])
def test_a_malformed_variable_fails_the_compilation(warehouse: Any, variable: str, value: str) -> None:
    errors = warehouse.compile(**{variable: value}).compilation_errors
    assert f"Set the variable {variable}" in errors[0].message


def test_no_secret_is_a_variable(project_files: dict[str, bytes]) -> None:
    settings = yaml.safe_load(project_files["workflow_settings.yaml"])
    assert set(settings["vars"]) == VARIABLES


def test_every_pseudonym_takes_the_key_from_its_table(statements: dict[str, str]) -> None:
    key = "SELECT key FROM `winter-days-local.winter_days_keys.pseudonym_key`"
    assert any("SHA256" in sql for sql in statements.values())
    for name, sql in statements.items():
        assert sql.count("SHA256") == sql.count(key), name


ARRIVALS = {"export_date", "known_until_date", "load_date"}  # one more day each day, from the first run on
PARTITIONS_A_JOB = 4_000  # docs.cloud.google.com/bigquery/quotas#partitioned_tables
YEARS_BACK = 36  # since earliest_date of workflow_settings.yaml


def test_a_full_refresh_changes_no_more_partitions_than_a_job_may(relations: Any) -> None:
    partitions = {
        name: relation.partition_expression
        for name, relation in relations.items()
        if relation.partition_expression
    }
    days = {name for name, expression in partitions.items() if "MONTH" not in expression}
    assert {name for name in days if partitions[name] not in ARRIVALS} == set()
    months = {"agg_revenue_by_day", "fct_sales", "fct_click_versions", "stg_click", "stg_sales_latest"}
    assert months == partitions.keys() - days
    assert YEARS_BACK * 12 < PARTITIONS_A_JOB < YEARS_BACK * 365
    for name in partitions.keys() - days:  # reads of a day find it within its month
        [day] = [column for column in ("sale_date", "event_date") if column in partitions[name]]
        assert relations[name].cluster_expressions[0] == day
