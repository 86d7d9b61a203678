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
  # Google's own roles for this work are those of administrators; these are the actions that Terraform takes, by what
  # it takes them on.
  actions = {
    "aiplatform.pipelineJobs"         = ["list"]
    "artifactregistry.dockerimages"   = ["get", "list"]
    "artifactregistry.repositories"   = ["create", "delete", "get", "getIamPolicy", "list", "setIamPolicy", "update"]
    "artifactregistry.tags"           = ["get", "list"]
    "bigquery.datasets"               = ["create", "delete", "get", "getIamPolicy", "setIamPolicy", "update"]
    "bigquery.tables"                 = ["create", "delete", "get", "getIamPolicy", "list", "setIamPolicy", "update"]
    "cloudbuild.builds"               = ["create", "get", "list"]
    "cloudscheduler.jobs"             = ["create", "delete", "enable", "get", "list", "pause", "update"]
    "dataform.compilationResults"     = ["create", "get", "query"]
    "dataform.releaseConfigs"         = ["create", "delete", "get", "list", "update"]
    "dataform.repositories"           = ["commit", "create", "delete", "fetchHistory", "get", "getIamPolicy", "list", "queryDirectoryContents", "readFile", "setIamPolicy", "update"]
    "dataform.workflowConfigs"        = ["create", "delete", "get", "list", "update"]
    "dataform.workspaces"             = ["create", "delete", "get", "list", "queryDirectoryContents", "readFile"]
    "datastore.databases"             = ["create", "delete", "get", "getMetadata", "list", "update"]
    "datastore.indexes"               = ["create", "delete", "get", "list", "update"]
    "datastore.operations"            = ["get", "list"]
    "iam.roles"                       = ["create", "delete", "get", "list", "undelete", "update"]
    "iam.serviceAccounts"             = ["create", "delete", "get", "getIamPolicy", "list", "setIamPolicy", "update"]
    "logging.logMetrics"              = ["create", "delete", "get", "list", "update"]
    "monitoring.alertPolicies"        = ["create", "delete", "get", "list", "update"]
    "monitoring.notificationChannels" = ["create", "delete", "get", "list", "update"]
    "resourcemanager.projects"        = ["get", "getIamPolicy"]
    "run.executions"                  = ["get", "list"]
    "run.jobs"                        = ["create", "delete", "get", "getIamPolicy", "list", "setIamPolicy", "update"]
    "run.operations"                  = ["get", "list"]
    "run.services"                    = ["create", "delete", "get", "getIamPolicy", "list", "setIamPolicy", "update"]
    "serviceusage.quotas"             = ["get", "update"]
    "serviceusage.services"           = ["enable", "get", "list", "use"]
    "storage.buckets"                 = ["create", "delete", "get", "getIamPolicy", "list", "setIamPolicy", "update"]
    "storage.managedFolders"          = ["create", "delete", "get", "getIamPolicy", "list", "setIamPolicy"]
  }

  reading = ["fetchHistory", "get", "getIamPolicy", "getMetadata", "list", "query", "queryDirectoryContents", "readFile", "use"]

  permissions = {
    deployer = flatten([for on, actions in local.actions : [for action in actions : "${on}.${action}"]])
    planner = flatten([
      for on, actions in local.actions : [for action in actions : "${on}.${action}" if contains(local.reading, action)]
    ])
  }

  # What a deployment may grant on the project: what infra/iam.tf grants, and nothing that is wider.
  grantable = [
    "roles/aiplatform.user",
    "roles/aiplatform.viewer",
    "roles/bigquery.jobUser",
    "roles/bigquery.readSessionUser",
    "roles/datastore.user",
    "roles/datastore.viewer",
    "roles/logging.logWriter",
  ]
}

resource "google_project_iam_custom_role" "access" {
  for_each = local.permissions

  role_id     = "winterDays${title(each.key)}"
  title       = "Winter Days: ${each.key}"
  permissions = each.value

  depends_on = [google_project_service.needed]
}

resource "google_project_iam_custom_role" "grantor" {
  role_id     = "winterDaysGrantor"
  title       = "Winter Days: grantor"
  permissions = ["resourcemanager.projects.setIamPolicy"]

  depends_on = [google_project_service.needed]
}

resource "google_project_iam_member" "deployer" {
  project = var.project
  member  = google_service_account.deployer.member
  role    = google_project_iam_custom_role.access["deployer"].name
}

resource "google_project_iam_member" "grantor" {
  project = var.project
  member  = google_service_account.deployer.member
  role    = google_project_iam_custom_role.grantor.name

  condition {
    title      = "only-what-the-platform-needs"
    expression = "api.getAttribute(\"iam.googleapis.com/modifiedGrantsByRole\", []).hasOnly(${jsonencode(local.grantable)})"
  }
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
