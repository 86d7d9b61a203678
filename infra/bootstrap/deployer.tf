resource "google_service_account" "deployer" {
  account_id   = "winter-days-deployer-sa"
  display_name = "winter-days-deployer-sa"
  description  = "Winter Days: applies Terraform, pushes the code"

  depends_on = [google_project_service.needed]
}

resource "google_service_account" "planner" {
  account_id   = "winter-days-planner-sa"
  display_name = "winter-days-planner-sa"
  description  = "Winter Days: reads what is there, to plan a change of it"

  depends_on = [google_project_service.needed]
}

locals {
  # Google's own roles for this work are those of administrators; these are the actions that a deployment takes, by type
  # of resource. It changes what runs, never who may do what: no setIamPolicy, no role, no account, no access list of a
  # dataset, nothing in the Dataform repository but its files. Nor does it delete what holds data. An owner does all
  # this, beginning with the first deployment: docs/access.md.
  actions = {
    "aiplatform.pipelineJobs"         = ["list"]
    "artifactregistry.dockerimages"   = ["get", "list"]
    "artifactregistry.repositories"   = ["get", "getIamPolicy", "list", "update"]
    "artifactregistry.tags"           = ["get", "list"]
    "bigquery.datasets"               = ["get", "getIamPolicy"]
    "bigquery.tables"                 = ["create", "get", "getIamPolicy", "list", "update"]
    "cloudbuild.builds"               = ["create", "get", "list"]
    "cloudscheduler.jobs"             = ["create", "delete", "enable", "get", "list", "pause", "update"]
    "dataform.compilationResults"     = ["create", "get", "query"]
    "dataform.repositories"           = ["commit", "fetchHistory", "get", "getIamPolicy", "list", "queryDirectoryContents", "readFile"]
    "dataform.workspaces"             = ["create", "delete", "get", "list", "queryDirectoryContents", "readFile"]
    "datastore.databases"             = ["get", "getMetadata", "list"]
    "datastore.indexes"               = ["create", "delete", "get", "list", "update"]
    "datastore.operations"            = ["get", "list"]
    "iam.roles"                       = ["get", "list"]
    "iam.serviceAccounts"             = ["get", "getIamPolicy", "list"]
    "logging.logMetrics"              = ["create", "delete", "get", "list", "update"]
    "monitoring.alertPolicies"        = ["create", "delete", "get", "list", "update"]
    "monitoring.notificationChannels" = ["create", "delete", "get", "list", "update"]
    "resourcemanager.projects"        = ["get", "getIamPolicy"]
    "run.executions"                  = ["get", "list"]
    "run.jobs"                        = ["create", "delete", "get", "getIamPolicy", "list", "update"]
    "run.operations"                  = ["get", "list"]
    "run.services"                    = ["create", "delete", "get", "getIamPolicy", "list", "update"]
    "serviceusage.quotas"             = ["get", "update"]
    "serviceusage.services"           = ["enable", "get", "list", "use"]
    "storage.buckets"                 = ["get", "getIamPolicy", "list", "update"]
    "storage.managedFolders"          = ["create", "get", "getIamPolicy", "list"]
  }

  reading = ["fetchHistory", "get", "getIamPolicy", "getMetadata", "list", "query", "queryDirectoryContents", "readFile", "use"]

  permissions = {
    deployer = flatten([for on, actions in local.actions : [for action in actions : "${on}.${action}"]])
    planner = flatten([
      for on, actions in local.actions : [for action in actions : "${on}.${action}" if contains(local.reading, action)]
    ])
  }
}

resource "google_project_iam_custom_role" "access" {
  for_each = local.permissions

  role_id     = "winterDays${title(each.key)}"
  title       = "Winter Days: ${each.key}"
  permissions = each.value

  depends_on = [google_project_service.needed]
}

resource "google_project_iam_member" "deployer" {
  project = var.project
  member  = google_service_account.deployer.member
  role    = google_project_iam_custom_role.access["deployer"].name
}

resource "google_project_iam_member" "planner" {
  project = var.project
  member  = google_service_account.planner.member
  role    = google_project_iam_custom_role.access["planner"].name
}

resource "google_storage_bucket_iam_member" "state_writer" {
  bucket = google_storage_bucket.state.name
  member = google_service_account.deployer.member
  role   = "roles/storage.objectUser"
}

resource "google_storage_bucket_iam_member" "state_reader" {
  bucket = google_storage_bucket.state.name
  member = google_service_account.planner.member
  role   = "roles/storage.objectViewer"
}
