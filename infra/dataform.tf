locals {
  workspace = "batch-workspace" # created by a deployment: the provider has no such resource
}

resource "google_project_service_identity" "dataform" {
  provider = google-beta

  service    = "dataform.googleapis.com"
  depends_on = [google_project_service.all]
}

resource "google_dataform_repository" "warehouse" {
  name            = "winter-days-data-repo"
  region          = var.location
  service_account = google_service_account.all["dataform"].email
  deletion_policy = var.protect_data ? "DELETE" : "FORCE"

  depends_on = [google_service_account_iam_member.all]
}

# The batch compiles the workspace itself, for its day. These two are for people: to see what main compiles to, and
# to rebuild every incremental table, for instance after a change of the pseudonym key.
resource "google_dataform_repository_release_config" "main" {
  provider = google-beta

  name          = "main"
  region        = var.location
  repository    = google_dataform_repository.warehouse.name
  git_commitish = "main"
  time_zone     = var.time_zone

  code_compilation_config {
    default_database = var.project
    default_location = var.location
    default_schema   = google_bigquery_dataset.all["staging"].dataset_id
    assertion_schema = google_bigquery_dataset.all["assertions"].dataset_id
    vars = {
      bucket             = google_storage_bucket.lake.name
      business_time_zone = var.time_zone
      sources            = join(",", local.sources)
      warehouse_dataset  = google_bigquery_dataset.all["warehouse"].dataset_id
      bi_dataset         = google_bigquery_dataset.all["bi"].dataset_id
      keys_dataset       = google_bigquery_dataset.keys.dataset_id
      contacts_dataset   = google_bigquery_dataset.contacts.dataset_id
    }
  }
}

resource "google_dataform_repository_workflow_config" "full_refresh" {
  provider = google-beta

  name           = "full-refresh"
  region         = var.location
  repository     = google_dataform_repository.warehouse.name
  release_config = google_dataform_repository_release_config.main.id
  time_zone      = var.time_zone

  invocation_config {
    service_account                          = google_service_account.all["dataform"].email
    fully_refresh_incremental_tables_enabled = true
  }
}
