"""What holds the data: closed to the public, protected, and kept for as long as stated."""

import io
from datetime import date

from components.export_sales import index, manifest
from components.export_sales.writer import ExportWriter
from components.shared.names import SPECIFICATION
from components.shared.run_record import records_prefix
from erase import plan, remains
from generators.bucket_writer import object_name
from infra.stub.terraform import INFRA, Applied, Terraform, copied


def test_buckets_are_closed_to_the_public(applied, bootstrap):
    buckets = applied.of("google_storage_bucket") + bootstrap.of("google_storage_bucket")
    assert len(buckets) == 3
    for bucket in buckets:
        assert bucket["uniform_bucket_level_access"] is True
        assert bucket["public_access_prevention"] == "enforced"


def test_the_lake_survives_a_mistake(applied):
    lake = applied.one(
        "google_storage_bucket", name=f"{applied.terraform.outputs()['project']['value']}-lake-raw"
    )
    assert lake["force_destroy"] is False
    assert lake["versioning"] == [{"enabled": True}]
    assert lake["soft_delete_policy"][0]["retention_duration_seconds"] >= 7 * 24 * 3600


def test_the_state_survives_a_mistake(bootstrap):
    state = bootstrap.one("google_storage_bucket")
    assert not state["force_destroy"]
    assert state["versioning"] == [{"enabled": True}]


def test_only_run_files_and_rejects_expire_among_live_objects(applied):
    lake = applied.one("google_storage_bucket", force_destroy=False)
    days = {
        prefix: condition["age"]
        for rule in lake["lifecycle_rule"]
        for action, condition in zip(rule["action"], rule["condition"], strict=True)
        if action["type"] == "Delete" and condition["with_state"] != "ARCHIVED"
        for prefix in condition["matches_prefix"]
    }
    assert days == {"mlops/pipeline_root/": 400, "mlops/runs/": 400, "sales_rejects/": 90}


def test_retention_periods_are_variables(stub_environment, tmp_path):
    terraform = Terraform(copied(INFRA, tmp_path / "infra"), stub_environment)
    days = {"cold_days": 41, "run_days": 42, "reject_days": 43, "feature_days": 44, "erase_after_days": 45}
    more = [f"-var={name}={value}" for name, value in days.items()]
    applied = Applied(terraform, "-var-file=envs/dev.tfvars", *more)
    lake = applied.one("google_storage_bucket", versioning=[{"enabled": True}])
    ages = {
        (rule["action"][0]["type"], prefix): rule["condition"][0]["age"]
        for rule in lake["lifecycle_rule"]
        for prefix in rule["condition"][0]["matches_prefix"] or ()
    }
    assert ages == {
        **{("SetStorageClass", f"{folder}/"): 41 for folder in ("clickstream", "sales", "startups")},
        **{("Delete", f"mlops/{folder}/"): 42 for folder in ("pipeline_root", "runs")},
        ("Delete", "sales_rejects/"): 43,
    }
    features = applied.one("google_bigquery_dataset", dataset_id="winter_days_features")
    assert features["default_partition_expiration_ms"] == 44 * 24 * 3600 * 1000
    job = applied.one("google_cloud_run_v2_job", name="winter-days-deleted-eraser")
    words = job["template"][0]["template"][0]["containers"][0]["args"]
    assert words[words.index("--erase-after-days") + 1] == "43"


def test_an_erasure_certificate_states_what_is_set(applied):
    lake = applied.one("google_storage_bucket", force_destroy=False)
    noncurrent = [rule["condition"][0]["days_since_noncurrent_time"] for rule in lake["lifecycle_rule"]]
    assert {days for days in noncurrent if days} == {remains.NONCURRENT_DAYS}
    kept = lake["soft_delete_policy"][0]["retention_duration_seconds"]
    assert kept == remains.SOFT_DELETE_DAYS * 24 * 3600
    hours = {
        each["dataset_id"]: each["max_time_travel_hours"] for each in applied.of("google_bigquery_dataset")
    }
    erased = [f"winter_days_{layer}" for layer in ("staging", "warehouse", "features")]
    assert {hours[dataset] for dataset in erased} == {str(remains.TIME_TRAVEL_DAYS * 24)}
    [database] = applied.of("google_firestore_database")
    assert database["point_in_time_recovery_enablement"] == "POINT_IN_TIME_RECOVERY_ENABLED"
    assert not applied.of("google_firestore_backup_schedule")


def test_each_folder_that_the_code_writes_exists(applied):
    folders = {each["name"] for each in applied.of("google_storage_managed_folder")}
    day = date(2026, 11, 2)
    export = ExportWriter(None, day, "export", "", io.BytesIO())
    written = {
        f"{manifest.FOLDER}/",
        f"{index.FOLDER}/",
        plan.NAME,
        SPECIFICATION,
        records_prefix("run"),
        export.folder,
        export.rejects_name,
        object_name("clickstream", day, "x"),
        object_name("startups", day, "x"),
    }
    assert {name.partition("/")[0] + "/" for name in written} == folders


def test_the_database_is_native_protected_and_recoverable(applied):
    [database] = applied.of("google_firestore_database")
    assert database["name"] == "(default)"
    assert database["type"] == "FIRESTORE_NATIVE"
    assert database["delete_protection_state"] == "DELETE_PROTECTION_ENABLED"
    assert database["deletion_policy"] == "ABANDON"
    assert database["point_in_time_recovery_enablement"] == "POINT_IN_TIME_RECOVERY_ENABLED"


def test_the_sales_have_no_index_and_do_not_expire(applied):
    [field] = applied.of("google_firestore_field")
    assert (field["collection"], field["field"]) == ("winter_sales", "*")
    assert field["index_config"] == [{"indexes": []}]
    assert field["ttl_config"] == []


def test_the_warehouse_is_protected_and_in_one_region(applied):
    datasets = applied.of("google_bigquery_dataset")
    assert {each["dataset_id"].removeprefix("winter_days_") for each in datasets} == {
        "staging", "warehouse", "bi", "features", "assertions", "keys", "contacts",
    }  # fmt: skip
    assert {each["location"] for each in datasets} == {"us-central1"}
    assert not any(each["delete_contents_on_destroy"] for each in datasets)
    assert all(each["deletion_protection"] for each in applied.of("google_bigquery_table"))


def expirations(applied):
    """Return the days after which partitions expire, for each dataset in which they do."""
    datasets = applied.of("google_bigquery_dataset")
    found = {each["dataset_id"]: each["default_partition_expiration_ms"] for each in datasets}
    return {name: milliseconds / 24 / 3600 / 1000 for name, milliseconds in found.items() if milliseconds}


def test_partitions_written_for_an_older_day_do_not_expire(applied):
    # docs.cloud.google.com/bigquery/docs/managing-partitioned-tables: rows put into a partition that is older
    # than the expiration expire at once.
    assert expirations(applied) == {}


def test_only_features_can_expire_and_the_orchestrator_knows(stub_environment, tmp_path):
    terraform = Terraform(copied(INFRA, tmp_path / "infra"), stub_environment)
    told = Applied(terraform, "-var-file=envs/dev.tfvars", "-var=feature_days=30")
    assert expirations(told) == {"winter_days_features": 30}
    [service] = told.of("google_cloud_run_v2_service")
    variables = {each["name"]: each["value"] for each in service["template"][0]["containers"][0]["env"]}
    assert variables["WINTER_DAYS_FEATURE_DAYS"] == "30"


def test_old_images_are_deleted(applied):
    [repository] = applied.of("google_artifact_registry_repository")
    assert {each["action"] for each in repository["cleanup_policies"]} == {"KEEP", "DELETE"}
