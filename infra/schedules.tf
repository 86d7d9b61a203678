resource "google_cloud_scheduler_job" "generators" {
  for_each = google_cloud_run_v2_job.generators

  name             = each.value.name
  region           = var.location
  description      = "Starts the Cloud Run job of the same name"
  schedule         = var.schedules[each.key]
  time_zone        = var.time_zone
  paused           = var.paused
  attempt_deadline = "180s"

  retry_config {
    retry_count          = 3
    min_backoff_duration = "30s"
    max_backoff_duration = "300s"
  }

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/${each.value.id}:run"

    oauth_token {
      service_account_email = google_service_account.all["scheduler"].email
    }
  }

  depends_on = [google_cloud_run_v2_job_iam_member.scheduler]
}

resource "google_cloud_scheduler_job" "batch" {
  name             = google_cloud_run_v2_service.orchestrator.name
  region           = var.location
  description      = "Asks the orchestrator for the day's run; asking again finds the run that exists"
  schedule         = var.schedules.batch
  time_zone        = var.time_zone
  paused           = var.paused
  attempt_deadline = "300s"

  retry_config {
    retry_count          = 5
    min_backoff_duration = "30s"
    max_backoff_duration = "600s"
    max_retry_duration   = "3600s"
  }

  http_target {
    http_method = "POST"
    uri         = google_cloud_run_v2_service.orchestrator.uri

    oidc_token {
      service_account_email = google_service_account.all["scheduler"].email
      audience              = google_cloud_run_v2_service.orchestrator.uri
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.scheduler]
}
