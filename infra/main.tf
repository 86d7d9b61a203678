locals {
  labels = { app = "winter-days", environment = var.environment }

  # Each API, and what it is for.
  services = {
    "aiplatform.googleapis.com"           = "Vertex AI Pipelines runs the batch"
    "artifactregistry.googleapis.com"     = "keeps the images"
    "bigquery.googleapis.com"             = "the warehouse"
    "bigqueryconnection.googleapis.com"   = "external tables over a connection, should they become BigLake tables"
    "bigquerystorage.googleapis.com"      = "the steps read tables as Arrow"
    "cloudbuild.googleapis.com"           = "builds the images"
    "cloudresourcemanager.googleapis.com" = "bindings on the project; the Vertex SDK looks the project up"
    "cloudscheduler.googleapis.com"       = "starts the jobs and the batch"
    "compute.googleapis.com"              = "machines under Vertex AI"
    "dataform.googleapis.com"             = "builds the warehouse"
    "firestore.googleapis.com"            = "holds the sales"
    "iam.googleapis.com"                  = "service accounts and custom roles"
    "iamcredentials.googleapis.com"       = "short-lived tokens: Dataform's, and those of deployments without keys"
    "logging.googleapis.com"              = "log-based metrics"
    "monitoring.googleapis.com"           = "alerts"
    "run.googleapis.com"                  = "the generators and the orchestrator"
    "serviceusage.googleapis.com"         = "this list itself, and the limit on bytes read"
    "storage.googleapis.com"              = "the bronze bucket"
  }
}

resource "google_project_service" "all" {
  for_each = merge(local.services, var.billing_account == "" ? {} : { "billingbudgets.googleapis.com" = "the budget" })

  service            = each.key
  disable_on_destroy = false
}
