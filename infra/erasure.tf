# Erases documents that were deleted in Firestore from bronze, silver and gold (docs/erasure.md). The job sees no key of
# the pseudonyms, no document and no prediction: its own account may do less than the one that erases people.
locals {
  # A deletion is known once an export misses the document, at most a day later; the job runs at most a day after that.
  days_to_notice = 2
}

resource "google_cloud_run_v2_job" "deleted" {
  name                = "winter-days-deleted-eraser"
  location            = var.location
  deletion_protection = false # it holds nothing

  template {
    template {
      service_account = google_service_account.all["deleted_eraser"].email
      max_retries     = 1
      timeout         = "7200s"

      containers {
        image   = local.images["batch-steps-python"]
        command = var.image_tag == "" ? null : ["python", "-m", "erase"]
        args = concat(
          ["--deleted", "--yes", "--erase-after-days", tostring(var.erase_after_days - local.days_to_notice)],
          ["--location", var.location, "--bucket", google_storage_bucket.lake.name],
          ["--database", google_firestore_database.sales.name, "--collection", local.collection],
          flatten([for name, dataset in google_bigquery_dataset.all : ["--${name}-dataset", dataset.dataset_id]]),
        )

        env {
          name  = "GOOGLE_CLOUD_PROJECT"
          value = var.project
        }

        resources {
          limits = { cpu = "1", memory = "2Gi" }
        }
      }
    }
  }

  depends_on = [google_project_service.all]
}

resource "google_cloud_scheduler_job" "deleted" {
  name             = google_cloud_run_v2_job.deleted.name
  region           = var.location
  description      = "Starts the Cloud Run job of the same name"
  schedule         = var.schedules.deleted
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
    uri         = "https://run.googleapis.com/v2/${google_cloud_run_v2_job.deleted.id}:run"

    oauth_token {
      service_account_email = google_service_account.all["scheduler"].email
    }
  }

  depends_on = [google_cloud_run_v2_job_iam_member.scheduler_of_deleted]
}

resource "google_cloud_run_v2_job_iam_member" "scheduler_of_deleted" {
  location = google_cloud_run_v2_job.deleted.location
  name     = google_cloud_run_v2_job.deleted.name
  member   = local.members.scheduler
  role     = "roles/run.invoker"
}
