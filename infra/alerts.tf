# What a step prints as one line of JSON, Cloud Logging keeps as the log of a Vertex AI job; each signal counts some
# of these lines and tells somebody when there are any. A success is the signal that must not be missing.
locals {
  signals = {
    run_failed = {
      title  = "A run of the batch failed"
      filter = "jsonPayload.message=~\"^run [^ ]+ (FAILED|CANCELLED)$\""
      advice = "Open the run in Vertex AI Pipelines: the first red step has the cause in its log. Asking the orchestrator again with {\"rerun\": true} makes another attempt."
    }
    run_succeeded = {
      title  = "No run of the batch has succeeded for 26 hours"
      filter = "jsonPayload.message=~\"^run [^ ]+ SUCCEEDED(_WITH_WARNINGS)?$\""
      advice = "Look at the schedule, then at the orchestrator's log, then at the last run in Vertex AI Pipelines."
    }
    run_warned = {
      title  = "A run of the batch succeeded with warnings"
      filter = "jsonPayload.message=~\"^run [^ ]+ SUCCEEDED_WITH_WARNINGS$\""
      advice = "The warnings are in that line: customers unlike those trained on, predictions that did not come true (the report of watch_predictions shows both), or watching that failed (its log has the traceback). The day's predictions stand."
    }
    rejects = {
      title  = "An export rejected more than ${var.max_rejects} documents"
      filter = "jsonPayload.message=\"export_sales ended\" AND jsonPayload.counts.rejects>${var.max_rejects}"
      advice = "The reasons are in the bucket, under sales_rejects/."
    }
    stale_data = {
      title  = "An export found no sale of the last day"
      filter = "jsonPayload.message=\"export_sales ended\" AND jsonPayload.counts.day_rows=0"
      advice = "Look at the Cloud Run job ${local.generators.sales.job}, or at whatever writes the sales."
    }
  }

  # One line is enough, except of successes: somebody is told when none was in 24 hours, and still none 2 hours later.
  any  = { comparison = "COMPARISON_GT", value = 0, over = "300s", lasting = "0s", missing = "EVALUATION_MISSING_DATA_INACTIVE" }
  none = { comparison = "COMPARISON_LT", value = 1, over = "86400s", lasting = "7200s", missing = "EVALUATION_MISSING_DATA_ACTIVE" }

  # Cloud Run counts by itself what becomes of its jobs.
  alerts = merge(
    {
      for name, signal in local.signals : name => {
        title  = signal.title
        filter = "metric.type=\"logging.googleapis.com/user/${google_logging_metric.signals[name].name}\" AND resource.type=\"ml_job\""
        advice = signal.advice
      }
    },
    {
      generator_failed = {
        title  = "A generator failed"
        filter = "metric.type=\"run.googleapis.com/job/completed_execution_count\" AND metric.labels.result=\"failed\" AND resource.type=\"cloud_run_job\""
        advice = "Read the log of the job's last execution in Cloud Run, and start the job again: a day that is generated twice is there once."
      }
    },
  )

  thresholds = { for name in keys(local.alerts) : name => name == "run_succeeded" ? local.none : local.any }
}

resource "google_logging_metric" "signals" {
  for_each = local.signals

  name        = "winter-days/${each.key}"
  description = each.value.title
  filter      = "resource.type=\"ml_job\" AND ${each.value.filter}"

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

check "somebody_is_told" {
  assert {
    condition     = var.environment != "prod" || length(var.alert_emails) > 0
    error_message = "Nobody is told of trouble in prod: put addresses into alert_emails (docs/deploy.md)."
  }
}

resource "google_monitoring_alert_policy" "signals" {
  for_each = local.alerts

  display_name          = each.value.title
  combiner              = "OR"
  severity              = contains(["rejects", "run_warned"], each.key) ? "WARNING" : "ERROR"
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.name]

  conditions {
    display_name = each.value.title

    condition_threshold {
      filter                  = each.value.filter
      comparison              = local.thresholds[each.key].comparison
      threshold_value         = local.thresholds[each.key].value
      duration                = local.thresholds[each.key].lasting
      evaluation_missing_data = local.thresholds[each.key].missing

      aggregations {
        alignment_period     = local.thresholds[each.key].over
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    content   = each.value.advice
    mime_type = "text/markdown"
  }
}
