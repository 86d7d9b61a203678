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
