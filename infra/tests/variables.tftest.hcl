# terraform test: what the variables refuse, and what they change.
variables {
  project     = "winter-days-test"
  environment = "dev"
}

run "placeholders_before_the_first_images" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_service.orchestrator.template[0].containers[0].image == local.placeholders.orchestrator
    error_message = "without a tag the orchestrator must run Google's placeholder"
  }
}

run "images_of_a_commit" {
  command = plan

  variables {
    image_tag = "0123456789ab"
  }

  assert {
    condition     = endswith(google_cloud_run_v2_service.orchestrator.template[0].containers[0].image, "/winter-days/orchestrator:0123456789ab")
    error_message = "the orchestrator must run the image of the commit"
  }

  assert {
    condition     = alltrue([for job in google_cloud_run_v2_job.generators : endswith(job.template[0].template[0].containers[0].image, "/winter-days/generators:0123456789ab")])
    error_message = "every generator must run the image of the commit"
  }
}

run "paused" {
  command = plan

  variables {
    paused = true
  }

  assert {
    condition     = google_cloud_scheduler_job.batch.paused && alltrue([for job in google_cloud_scheduler_job.generators : job.paused])
    error_message = "pausing must stop every schedule"
  }
}

run "a_shop_that_is_closed_on_sundays" {
  command = plan

  variables {
    muted_alerts = ["stale_data"]
  }

  assert {
    condition     = setsubtract(keys(local.entries), keys(google_monitoring_alert_policy.entries)) == toset(["stale_data"])
    error_message = "only the muted alert must be missing"
  }
}

run "a_batch_once_a_week_needs_an_alert_of_its_interval" {
  command = plan

  variables {
    schedules = { batch = "0 4 * * 1" }
  }

  expect_failures = [var.success_hours]
}

run "a_batch_once_a_week" {
  command = plan

  variables {
    schedules     = { batch = "0 4 * * 1" }
    success_hours = 170
  }

  assert {
    condition     = google_monitoring_alert_policy.no_success.display_name == "No run of the batch has succeeded for 170 hours"
    error_message = "the alert must wait for a week and two hours"
  }
}

run "no_alert_of_a_failure_is_muted" {
  command = plan

  variables {
    muted_alerts = ["run_failed"]
  }

  expect_failures = [var.muted_alerts]
}

run "no_limits_unless_asked_for" {
  command = plan

  variables {
    daily_query_gib = 0
  }

  assert {
    condition     = length(google_service_usage_consumer_quota_override.query_bytes) == 0 && length(google_billing_budget.month) == 0
    error_message = "0 GiB must mean no limit, and no billing account no budget"
  }
}

run "budget_and_somebody_to_tell" {
  command = plan

  variables {
    billing_account = "012345-6789AB-CDEF01"
    alert_emails    = ["ops@example.com"]
  }

  assert {
    condition     = google_billing_budget.month[0].amount[0].specified_amount[0].units == "100" && length(google_billing_budget.month[0].threshold_rules) == 3
    error_message = "a billing account must bring the budget"
  }

  assert {
    condition     = length(google_monitoring_alert_policy.entries) == 6
    error_message = "there must be an alert policy for each of six entries of a log"
  }

  assert {
    condition     = google_monitoring_alert_policy.no_success.alert_strategy[0].notification_channel_strategy[0].renotify_interval == "86400s"
    error_message = "a silence must be told again every day"
  }
}

run "nobody_to_tell_in_prod" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [check.somebody_is_told]
}

run "somebody_to_tell_in_prod" {
  command = plan

  variables {
    environment  = "prod"
    alert_emails = ["ops@example.com"]
  }
}

run "data_may_go_only_when_told" {
  command = plan

  variables {
    protect_data = false
  }

  assert {
    condition     = google_storage_bucket.lake.force_destroy && google_firestore_database.sales.delete_protection_state == "DELETE_PROTECTION_DISABLED"
    error_message = "protect_data = false must let the data be destroyed"
  }
}

run "a_mapping_that_is_not_there" {
  command = plan

  variables {
    sales_mapping = "mappings/nowhere.yaml"
  }

  expect_failures = [var.sales_mapping]
}

run "a_file_that_says_no_source" {
  command = plan

  variables {
    sales_mapping = "tests/without_source.yaml"
  }

  expect_failures = [var.sales_mapping]
}

run "a_mapping_goes_into_the_bucket_and_to_every_run" {
  command = plan

  variables {
    sales_mapping = "tests/orders.yaml"
  }

  assert {
    condition     = google_storage_bucket_object.sales_mapping[0].name == "mlops/mappings/orders.yaml"
    error_message = "the mapping must be laid where the steps may read"
  }

  assert {
    condition     = google_storage_bucket_iam_member.planner.condition[0].expression == "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.lake.name}/objects/mlops/mappings/\")"
    error_message = "a plan must be able to read the mapping"
  }

  assert {
    condition     = jsondecode(local.orchestrator_settings.PARAMETERS).sales_mapping == "mlops/mappings/orders.yaml"
    error_message = "every run must be told of the mapping"
  }
}

run "no_mapping_unless_asked_for" {
  command = plan

  assert {
    condition     = length(google_storage_bucket_object.sales_mapping) == 0 && jsondecode(local.orchestrator_settings.PARAMETERS).sales_mapping == ""
    error_message = "without a mapping the contract's own documents must be read"
  }
}

run "a_scan_needs_no_index" {
  command = plan

  assert {
    condition     = length(google_firestore_field.changed) == 0 && jsondecode(local.orchestrator_settings.PARAMETERS).export_mode == "scan"
    error_message = "an index on a time that only grows holds writes to 500 a second: a scan has to go without"
  }
}

run "changes_have_their_one_index" {
  command = plan

  variables {
    export_mode    = "changes"
    changed_field  = "meta.updatedAt"
    full_pass_days = 3
  }

  assert {
    condition     = google_firestore_field.changed[0].field == "meta.updatedAt" && length(google_firestore_field.changed[0].index_config[0].indexes) == 1
    error_message = "the field must have its one index"
  }

  assert {
    condition     = join(",", [for name in ["export_mode", "changed_field", "full_pass_days"] : tostring(jsondecode(local.orchestrator_settings.PARAMETERS)[name])]) == "changes,meta.updatedAt,3"
    error_message = "every run must be told of the mode"
  }
}

run "a_change_log_is_read_by_the_run_alone" {
  command = plan

  variables {
    export_mode     = "changelog"
    changelog_table = "another-project.firestore_export.sales_raw_changelog"
  }

  assert {
    condition     = [for name in ["project", "dataset_id", "table_id", "role"] : google_bigquery_table_iam_member.changelog[0][name]] == ["another-project", "firestore_export", "sales_raw_changelog", "roles/bigquery.dataViewer"]
    error_message = "the run has to be let read that table"
  }

  assert {
    condition     = jsondecode(local.orchestrator_settings.PARAMETERS).changelog_table == "another-project.firestore_export.sales_raw_changelog" && length(google_firestore_field.changed) == 0
    error_message = "every run must be told of the table, and no field needs an index"
  }
}

run "a_change_log_of_this_project" {
  command = plan

  variables {
    export_mode     = "changelog"
    changelog_table = "firestore_export.sales_raw_changelog"
  }

  assert {
    condition     = google_bigquery_table_iam_member.changelog[0].project == var.project
    error_message = "without a project the table is of this one"
  }
}

run "a_change_log_that_is_no_table" {
  command = plan

  variables {
    export_mode     = "changelog"
    changelog_table = "sales_raw_changelog"
  }

  expect_failures = [var.changelog_table]
}

run "a_change_log_without_its_mode" {
  command = plan

  variables {
    changelog_table = "firestore_export.sales_raw_changelog"
  }

  expect_failures = [var.changelog_table]
}

run "a_mode_that_there_is_not" {
  command = plan

  variables {
    export_mode   = "guess"
    changed_field = "a field"
  }

  expect_failures = [var.export_mode, var.changed_field]
}

run "a_full_pass_that_never_comes" {
  command = plan

  variables {
    full_pass_days = 0
  }

  expect_failures = [var.full_pass_days]
}

run "a_full_pass_that_comes_too_late_to_erase" {
  command = plan

  variables {
    export_mode      = "changes"
    full_pass_days   = 20
    erase_after_days = 21
  }

  expect_failures = [var.full_pass_days]
}

run "a_mapping_is_read_by_scan" {
  command = plan

  variables {
    export_mode   = "changes"
    sales_mapping = "tests/orders.yaml"
  }

  expect_failures = [var.export_mode]
}

run "a_project_id_that_cannot_be" {
  command = plan

  variables {
    project = "Winter_Days"
  }

  expect_failures = [var.project]
}

run "an_environment_that_is_none" {
  command = plan

  variables {
    environment = "staging"
  }

  expect_failures = [var.environment]
}

run "a_tag_that_is_no_commit" {
  command = plan

  variables {
    image_tag = "latest"
  }

  expect_failures = [var.image_tag]
}

run "a_multi_region" {
  command = plan

  variables {
    location = "US"
  }

  expect_failures = [var.location]
}

run "open_ingress_is_a_choice_of_two" {
  command = plan

  variables {
    orchestrator_ingress = "all"
  }

  expect_failures = [var.orchestrator_ingress]
}

run "viewers_of_dashboards" {
  command = plan

  variables {
    dashboard_viewers = ["group:shop@example.com"]
    dashboard_project = "a-shop-dashboards"
  }

  assert {
    condition     = google_bigquery_dataset_iam_member.dashboard_viewers["group:shop@example.com"].dataset_id == "winter_days_bi"
    error_message = "a viewer must be given the views"
  }

  assert {
    condition     = google_project_iam_member.dashboard_viewers["group:shop@example.com"].role == "roles/bigquery.jobUser"
    error_message = "a viewer must be able to ask queries, and no more in the project"
  }

  assert {
    condition     = google_project_iam_member.dashboard_viewers["group:shop@example.com"].project == "a-shop-dashboards"
    error_message = "a viewer must ask at the cost of another project"
  }

  assert {
    condition     = strcontains(local.looker_studio, "billingProjectId=a-shop-dashboards&")
    error_message = "the link must bill the other project"
  }
}

run "viewers_who_starve_the_batch" {
  command = plan

  variables {
    dashboard_viewers = ["group:shop@example.com"]
  }

  expect_failures = [var.dashboard_project]
}

run "viewers_where_nothing_is_limited" {
  command = plan

  variables {
    dashboard_viewers = ["group:shop@example.com"]
    daily_query_gib   = 0
  }
}

run "dashboards_in_the_project_of_the_batch" {
  command = plan

  variables {
    dashboard_project = "winter-days-test"
  }

  expect_failures = [var.dashboard_project]
}

run "firestore_in_its_multi_region" {
  command = plan

  variables {
    firestore_location = "nam5"
  }

  assert {
    condition     = google_firestore_database.sales.location_id == "nam5" && google_storage_bucket.lake.location == "us-central1"
    error_message = "the database must lie where it is told, and all else in the region"
  }
}

run "firestore_on_another_continent" {
  command = plan

  variables {
    firestore_location = "eur3"
  }

  expect_failures = [var.firestore_location]
}

run "a_region_without_pipelines" {
  command = plan

  variables {
    location = "europe-north2"
  }

  expect_failures = [var.location]
}

run "nobody_without_an_address" {
  command = plan

  variables {
    dashboard_viewers = ["allUsers"]
  }

  expect_failures = [var.dashboard_viewers]
}

run "who_may_erase" {
  command = plan

  variables {
    erasers = ["user:privacy@example.com"]
  }

  assert {
    condition     = google_service_account_iam_member.erasers["user:privacy@example.com"].role == "roles/iam.serviceAccountTokenCreator"
    error_message = "who may erase must be able to act as the account that does"
  }
}

run "who_may_know_whom_to_call" {
  command = plan

  variables {
    contact_readers = ["group:calls@example.com", "user:someone@example.com"]
  }

  assert {
    condition = toset(compact(flatten([
      for each in google_bigquery_dataset.contacts.access : [each.group_by_email, each.user_by_email] if each.role == "READER"
    ]))) == toset(["calls@example.com", "someone@example.com"])
    error_message = "whoever is to call customers must be able to read who they are"
  }

  assert {
    condition     = toset(compact([for each in google_bigquery_dataset.contacts.access : each.group_by_email])) == toset(["calls@example.com"])
    error_message = "a group must be named as one"
  }
}

run "no_caller_without_an_address" {
  command = plan

  variables {
    contact_readers = ["allUsers"]
  }

  expect_failures = [var.contact_readers]
}

run "no_eraser_without_an_address" {
  command = plan

  variables {
    erasers = ["allAuthenticatedUsers"]
  }

  expect_failures = [var.erasers]
}

run "rejects_that_nobody_could_look_at" {
  command = plan

  variables {
    reject_days = 1
  }

  expect_failures = [var.reject_days]
}

run "parameters_that_are_no_values" {
  command = plan

  variables {
    pipeline_parameters = { horizon_days = [60] }
  }

  expect_failures = [var.pipeline_parameters]
}

run "rejects_that_no_digits_tell" {
  command = plan

  variables {
    max_rejects = 50
  }

  expect_failures = [var.max_rejects]
}

run "a_machine_that_vertex_ai_does_not_have" {
  command = plan

  variables {
    machines = { train_churn_model = { cpu = 0, memory_gb = 8 } }
  }

  expect_failures = [var.machines]
}

run "more_shards_than_there_are_places" {
  command = plan

  variables {
    most_shards = 1000
  }

  expect_failures = [var.most_shards]
}

run "a_cost_below_nothing" {
  command = plan

  variables {
    max_run_cost = -1
  }

  expect_failures = [var.max_run_cost]
}

run "more_recipients_than_a_budget_tells" {
  command = plan

  variables {
    alert_emails = ["a@example.com", "b@example.com", "c@example.com", "d@example.com", "e@example.com", "f@example.com"]
  }

  expect_failures = [var.alert_emails]
}
