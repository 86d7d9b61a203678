"""The tables that the steps write: defined once, created and extended by Terraform."""

import json

import pytest

from infra import tables
from infra.stub.terraform import INFRA, Terraform, copied


@pytest.mark.parametrize("sql", ["SELECT 1", "DROP TABLE a"])
def test_sql_that_creates_no_table_is_refused(sql):
    with pytest.raises(ValueError, match="one CREATE TABLE"):
        tables.parse(sql)


def test_a_column_without_a_description_is_refused():
    with pytest.raises(ValueError, match="a description"):
        tables.parse("CREATE TABLE a.b.c (d INT64) PARTITION BY d OPTIONS (description = 'x')")


def test_scoring_rows_have_the_training_columns_except_cutoff_and_labels():
    training, scoring = (
        [column["name"] for column in tables.definition(name)["schema"]]
        for name in ("churn_training_examples", "churn_scoring_examples")
    )
    left_out = ("cutoff_date", "churned", "spent_in_horizon")
    assert [name for name in training if name not in left_out] == scoring
    assert len(scoring) == len(training) - 3


def test_every_table_is_where_its_definition_says(applied):
    made = {each["table_id"]: each for each in applied.of("google_bigquery_table")}
    for name, definition in tables.definitions().items():
        assert made[name]["dataset_id"] == f"winter_days_{definition['dataset']}"
        assert made[name]["time_partitioning"][0]["field"] == definition["partition"]
        assert [column["name"] for column in json.loads(made[name]["schema"])] == [
            column["name"] for column in definition["schema"]
        ]


def test_a_new_column_changes_its_table_in_place_and_nothing_else(stub_environment, tmp_path):
    terraform = Terraform(copied(INFRA, tmp_path / "infra"), stub_environment)
    variables = ("-input=false", "-var-file=envs/dev.tfvars")
    terraform.run("apply", "-auto-approve", *variables)
    file = terraform.folder / "tables/churn_drift.json"
    definition = json.loads(file.read_text())
    definition["schema"].append({"name": "new", "type": "STRING", "mode": "NULLABLE", "description": "New"})
    file.write_text(json.dumps(definition))
    terraform.run("plan", *variables, "-out=plan")
    changes = json.loads(terraform.run("show", "-json", "plan"))["resource_changes"]
    [change] = [each for each in changes if each["change"]["actions"] != ["no-op"]]
    assert change["address"] == 'google_bigquery_table.written["churn_drift"]'
    assert change["change"]["actions"] == ["update"]
    assert json.loads(change["change"]["after"]["schema"])[-1]["name"] == "new"
