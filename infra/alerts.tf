# Three kinds of alert. A log entry raises one by itself, even the first entry of its kind; a run's end is an event of
# Vertex AI, independent of what the steps print. Cloud Run counts how its jobs end. And since no log entry reports a
# run that did not take place, a PromQL condition holds while a metric is absent or zero, even if it never existed.
locals {
  # A step prints a plain line next to its JSON: it is not known whether Cloud Logging parses a line of JSON
  # (googleapis/python-aiplatform #629), nor in which field a plain one ends up.
  runs_end = join(" AND ", [
    "resource.type=\"aiplatform.googleapis.com/PipelineJob\"",
    "log_id(\"aiplatform.googleapis.com/pipeline_job_events\")",
    "resource.labels.pipeline_job_id=~\"^customer-churn-\"",
  ])
  printed = {
    run_warned = "winter-days step=record_run state=SUCCEEDED_WITH_WARNINGS"
    rejects    = "winter-days step=export_sales state=SUCCEEDED.* rejects=[0-9]{${length(tostring(var.max_rejects))},}"
    stale_data = "winter-days step=export_sales state=SUCCEEDED.* day_rows=0( |$)"
    costly_run = "winter-days step=record_run .*costly=1( |$)"
  }
  lines = {
    for name, line in local.printed : name =>
    "resource.type=\"ml_job\" AND (jsonPayload.message=~\"${line}\" OR textPayload=~\"${line}\")"
  }

  entries = {
    run_failed = {
      title  = "A run of the batch failed"
      filter = "${local.runs_end} AND jsonPayload.state=(\"PIPELINE_STATE_FAILED\" OR \"PIPELINE_STATE_CANCELLED\")"
      advice = "Open the run in Vertex AI Pipelines: the log of the first red step has the cause; a step without a log never started (its image, a quota). The orchestrator's POST /runs/ID:retry resumes from that step; POST / with {\"rerun\": true} repeats all steps."
    }
    trigger_failed = {
      title  = "A schedule could not start its job"
      filter = "resource.type=\"cloud_scheduler_job\" AND severity>=ERROR AND NOT httpRequest.status=409" # a run is active
      advice = "The entry has the response. Scheduler retries for an hour; after that, start the job in Cloud Scheduler by hand."
    }
    run_warned = {
      title  = "A run of the batch succeeded with warnings"
      filter = local.lines.run_warned
      advice = "The log line next to it has the warnings: customers who differ from the training's, predictions that differ from outcomes (the report of watch_predictions shows both), or monitoring that failed (its log has the traceback). The day's predictions are not affected."
    }
    rejects = {
      title  = "An export rejected ${var.max_rejects} documents or more"
      filter = local.lines.rejects
      advice = "The reasons are in the bucket, under sales_rejects/."
    }
    stale_data = {
      title  = "An export found no sale of the last day"
      filter = local.lines.stale_data
      advice = "Check ${contains(local.generating, "sales") ? "the Cloud Run job ${local.all_generators.sales.job}" : "what writes your sales"}. If the shop has days without sales, set muted_alerts = [\"stale_data\"]."
    }
    costly_run = {
      title  = "A run of the batch cost more than max_run_cost"
      filter = local.lines.costly_run
      advice = "bi_run_costs and the metrics of record_run show what it used."
    }
  }
}

resource "google_logging_metric" "run_succeeded" {
  name        = "winter-days/run_succeeded"
  description = "Runs of the batch that succeeded"
  filter      = "${local.runs_end} AND jsonPayload.state=\"PIPELINE_STATE_SUCCEEDED\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }

  depends_on = [google_project_service.all]
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.alert_emails

  display_name = each.key
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [google_project_service.all]
}

locals {
  channels = [for channel in google_monitoring_notification_channel.email : channel.name]
}

check "somebody_is_told" {
  assert {
    condition     = var.environment != "prod" || length(var.alert_emails) > 0
    error_message = "Nobody receives prod's alerts: add addresses to alert_emails (docs/deploy.md)."
  }
}

resource "google_monitoring_alert_policy" "entries" {
  for_each = { for name, entry in local.entries : name => entry if !contains(var.muted_alerts, name) }

  display_name          = each.value.title
  combiner              = "OR"
  severity              = contains(["costly_run", "rejects", "run_warned"], each.key) ? "WARNING" : "ERROR"
  notification_channels = local.channels

  conditions {
    display_name = each.value.title

    condition_matched_log {
      filter = each.value.filter
    }
  }

  # At most one mail an hour, and an incident that closes by itself, so that the next night opens a new one.
  alert_strategy {
    auto_close = "3600s"

    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }
}

resource "google_monitoring_alert_policy" "generator_failed" {
  display_name          = "A job of Cloud Run failed"
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels

  conditions {
    display_name = "A job of Cloud Run failed"

    condition_threshold {
      filter          = "metric.type=\"run.googleapis.com/job/completed_execution_count\" AND metric.labels.result=\"failed\" AND resource.type=\"cloud_run_job\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s" # and so no evaluation_missing_data, which Google would refuse

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  # The metric has points only where a job failed: without this an incident would last for seven days, during which
  # further failures send no mail.
  alert_strategy {
    auto_close = "3600s"
  }

  documentation {
    content   = "Read the log of the job's last execution in Cloud Run, and start the job again: generating a day twice has no effect, and an erasure continues."
    mime_type = "text/markdown"
  }
}

# A threshold or an absence condition would wait for a first success, and look back a day at most. A metric
# made from logs has either no points or zeros after a success, as Cloud Logging sees fit: both are a silence.
locals {
  no_success = "No run of the batch has succeeded for ${var.success_hours} hours"
  successes  = "logging_googleapis_com:user_${replace(google_logging_metric.run_succeeded.name, "/[^A-Za-z0-9_]/", "_")}{monitored_resource=\"aiplatform.googleapis.com/PipelineJob\"}[${var.success_hours}h]"
}

resource "google_monitoring_alert_policy" "no_success" {
  display_name          = local.no_success
  combiner              = "OR"
  severity              = "ERROR"
  notification_channels = local.channels

  conditions {
    display_name = local.no_success

    condition_prometheus_query_language {
      query                     = "absent_over_time(${local.successes}) or sum(increase(${local.successes})) == 0"
      duration                  = "0s"
      evaluation_interval       = "300s"
      disable_metric_validation = true # the metric does not exist before the first success
    }
  }

  # The silence may last for days, when the first mail is forgotten.
  dynamic "alert_strategy" {
    for_each = length(local.channels) == 0 ? [] : [local.channels]

    content {
      notification_channel_strategy {
        notification_channel_names = alert_strategy.value
        renotify_interval          = "86400s"
      }
    }
  }

  documentation {
    content   = "Check the schedule, then the orchestrator's log, then the last run in Vertex AI Pipelines. After a first deployment this alert stays open until the first run has succeeded."
    mime_type = "text/markdown"
  }
}
