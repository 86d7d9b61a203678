# Limits to what a mistake may cost: BigQuery reads no more than this in a day, and mails report the month's spending.
resource "google_service_usage_consumer_quota_override" "query_bytes" {
  provider = google-beta
  count    = var.daily_query_gib == 0 ? 0 : 1

  service        = "bigquery.googleapis.com"
  metric         = urlencode("bigquery.googleapis.com/quota/query/usage")
  limit          = urlencode("/d/project")
  override_value = tostring(var.daily_query_gib * 1024) # MiB
  force          = true

  depends_on = [google_project_service.all]
}

resource "google_billing_budget" "month" {
  count = var.billing_account == "" ? 0 : 1

  billing_account = var.billing_account
  display_name    = "winter-days ${var.environment}"

  amount {
    specified_amount {
      units = tostring(var.monthly_budget)
    }
  }

  budget_filter {
    projects        = ["projects/${var.project}"]
    calendar_period = "MONTH"
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  all_updates_rule {
    monitoring_notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]
  }

  depends_on = [google_project_service.all]
}
