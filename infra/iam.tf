# Who may do what. Each binding is on the narrowest resource that Google allows; docs/access.md lists them all with
# their reasons, and a test compares this file with that table.
locals {
  accounts = { for name, account in local.all_accounts : name => account if !contains(local.idle, name) }
  idle     = setsubtract(keys(local.all_generators), keys(local.generators)) # named as their accounts
  all_accounts = {
    scheduler    = { id = "winter-days-scheduler-sa", does = "starts the jobs and the orchestrator" }
    sales        = { id = "winter-days-sales-gen-sa", does = "writes the day's sales to Firestore" }
    clickstream  = { id = "winter-days-clickstream-gen-sa", does = "writes the day's clicks to the bucket" }
    startups     = { id = "winter-days-startup-gen-sa", does = "writes the week's startups to the bucket" }
    orchestrator = { id = "winter-days-orchestrator-sa", does = "submits the batch to Vertex AI" }
    dataform     = { id = "dataform-exec-sa", does = "builds the warehouse in BigQuery" }
    vertex       = { id = "winter-days-vertex-ai-sa", does = "runs the steps of the batch" }
    build        = { id = "winter-days-build-sa", does = "builds the images" }
    eraser       = { id = "winter-days-eraser-sa", does = "erases a person, for whom var.erasers names" }

    deleted_eraser = { id = "winter-days-deleted-eraser-sa", does = "erases documents that were deleted long ago" }
  }

  # Created by bootstrap/.
  deployer = "serviceAccount:winter-days-deployer-sa@${var.project}.iam.gserviceaccount.com"
  planner  = "serviceAccount:winter-days-planner-sa@${var.project}.iam.gserviceaccount.com"

  members = merge(
    { for name, account in google_service_account.all : name => account.member },
    { deployer = local.deployer, dataform_agent = google_project_service_identity.dataform.member },
  )
}

resource "google_service_account" "all" {
  for_each = local.accounts

  account_id   = each.value.id
  display_name = each.value.id
  description  = "Winter Days: ${each.value.does}"

  depends_on = [google_project_service.all]
}

# Roles that Google does not offer as narrowly as this.
resource "google_project_iam_custom_role" "dataform_runner" {
  role_id     = "winterDaysDataformRunner"
  title       = "Winter Days: run the warehouse"
  description = "Compile a Dataform workspace and run it, but change none of its files"
  permissions = [
    "dataform.compilationResults.create",
    "dataform.compilationResults.get",
    "dataform.compilationResults.query",
    "dataform.repositories.get",
    "dataform.workflowInvocations.cancel",
    "dataform.workflowInvocations.create",
    "dataform.workflowInvocations.get",
    "dataform.workflowInvocations.list",
    "dataform.workflowInvocations.query",
    "dataform.workspaces.get",
  ]
}

# roles/aiplatform.user would let a step start a job as any account that it may act as, Dataform's among them. Vertex AI
# creates the tasks of a run itself (kubeflow/pipelines #7123 shows the internal service); a step adds to the run's
# metadata and registers models.
resource "google_project_iam_custom_role" "step" {
  role_id     = "winterDaysStep"
  title       = "Winter Days: be a step of a run"
  description = "Record a run's metadata and keep models in the registry, but start nothing"
  permissions = [
    "aiplatform.artifacts.create",
    "aiplatform.artifacts.get",
    "aiplatform.artifacts.list",
    "aiplatform.artifacts.update",
    "aiplatform.contexts.addContextArtifactsAndExecutions",
    "aiplatform.contexts.addContextChildren",
    "aiplatform.contexts.create",
    "aiplatform.contexts.get",
    "aiplatform.contexts.list",
    "aiplatform.contexts.queryContextLineageSubgraph",
    "aiplatform.contexts.update",
    "aiplatform.executions.addExecutionEvents",
    "aiplatform.executions.create",
    "aiplatform.executions.get",
    "aiplatform.executions.list",
    "aiplatform.executions.queryExecutionInputsAndOutputs",
    "aiplatform.executions.update",
    "aiplatform.locations.get",
    "aiplatform.metadataSchemas.create",
    "aiplatform.metadataSchemas.get",
    "aiplatform.metadataSchemas.list",
    "aiplatform.metadataStores.get",
    "aiplatform.metadataStores.list",
    "aiplatform.models.get",
    "aiplatform.models.list",
    "aiplatform.models.update",
    "aiplatform.models.upload",
    "aiplatform.operations.list",
    "aiplatform.pipelineJobs.get",
  ]
}

# A cancelled run leaves jobs that go on and are billed. The account of its steps may end its own, once it has found
# them; the orchestrator, which has started none, may end those of others.
resource "google_project_iam_custom_role" "job_finder" {
  role_id     = "winterDaysJobFinder"
  title       = "Winter Days: find BigQuery's jobs"
  description = "List the names of the project's jobs, and read the details of one by name"
  permissions = ["bigquery.jobs.get", "bigquery.jobs.list"] # get: what Dataform's jobs are billed, for the receipt
}

resource "google_project_iam_custom_role" "job_ender" {
  role_id     = "winterDaysJobEnder"
  title       = "Winter Days: end BigQuery's jobs"
  description = "List the names of the project's jobs and cancel any of them, but start none and read no result"
  permissions = ["bigquery.jobs.list", "bigquery.jobs.update"]
}

resource "google_project_iam_custom_role" "invocation_ender" {
  role_id     = "winterDaysInvocationEnder"
  title       = "Winter Days: end Dataform's work"
  description = "Find a run's invocation by its compilation and cancel it, but start none"
  permissions = [
    "dataform.compilationResults.get",
    "dataform.workflowInvocations.cancel",
    "dataform.workflowInvocations.get",
    "dataform.workflowInvocations.list",
  ]
}

resource "google_project_iam_custom_role" "view_author" {
  role_id     = "winterDaysViewAuthor"
  title       = "Winter Days: write views that read a dataset for others"
  description = "Replace views that this dataset authorises to read it; BigQuery requires these permissions"
  permissions = ["bigquery.datasets.get", "bigquery.datasets.update"]
}

locals {
  grants = {
    project = [
      ["orchestrator", "roles/aiplatform.user"],
      ["vertex", "roles/bigquery.jobUser"],
      ["vertex", "roles/bigquery.readSessionUser"],
      ["vertex", "roles/logging.logWriter"],
      ["dataform", "roles/bigquery.jobUser"],
      ["build", "roles/logging.logWriter"],
      ["eraser", "roles/aiplatform.viewer"],
      ["eraser", "roles/bigquery.jobUser"],
      ["deleted_eraser", "roles/aiplatform.viewer"],
      ["deleted_eraser", "roles/bigquery.jobUser"],
    ]
    database = [
      ["sales", "roles/datastore.user"],
      ["eraser", "roles/datastore.user"],
      ["vertex", "roles/datastore.viewer"],
    ]
    bucket = [
      ["dataform", "roles/storage.legacyBucketReader"],
      ["vertex", "roles/storage.legacyBucketReader"],
      ["eraser", "roles/storage.legacyBucketReader"],
      ["deleted_eraser", "roles/storage.legacyBucketReader"],
    ]
    folder = concat([
      ["clickstream", "roles/storage.objectCreator", "clickstream"],
      ["startups", "roles/storage.objectCreator", "startups"],
      ["vertex", "roles/storage.objectUser", "sales"],
      ["vertex", "roles/storage.objectUser", "sales_index"],
      ["vertex", "roles/storage.objectUser", "sales_manifests"],
      ["vertex", "roles/storage.objectUser", "sales_rejects"],
      ["vertex", "roles/storage.objectUser", "mlops"],
      ["orchestrator", "roles/storage.objectUser", "mlops"],
      ["orchestrator", "roles/storage.objectViewer", "erasures"],
      ["deployer", "roles/storage.objectUser", "mlops"],
      ["dataform", "roles/storage.objectViewer", "sales"],
      ["dataform", "roles/storage.objectViewer", "sales_manifests"],
      ["eraser", "roles/storage.objectUser", "clickstream"],
      ["eraser", "roles/storage.objectUser", "erasures"],
      ["eraser", "roles/storage.objectUser", "mlops"],
      ["eraser", "roles/storage.objectUser", "sales"],
      ["eraser", "roles/storage.objectUser", "sales_index"],
      ["eraser", "roles/storage.objectUser", "sales_manifests"],
      ["eraser", "roles/storage.objectUser", "sales_rejects"],
      ["deleted_eraser", "roles/storage.objectUser", "erasures"],
      ["deleted_eraser", "roles/storage.objectUser", "sales"],
      ["deleted_eraser", "roles/storage.objectUser", "sales_index"],
      ["deleted_eraser", "roles/storage.objectUser", "sales_manifests"],
      ["deleted_eraser", "roles/storage.objectUser", "sales_rejects"],
      ], [for source in local.sources : ["dataform", "roles/storage.objectViewer", source]],
    [for source in local.sources : ["vertex", "roles/storage.objectCreator", source]])
    dataset = [
      ["dataform", "roles/bigquery.dataEditor", "assertions"],
      ["dataform", "roles/bigquery.dataEditor", "bi"],
      ["vertex", "roles/bigquery.dataEditor", "features"],
      ["eraser", "roles/bigquery.dataEditor", "features"],
    ]
    shared_dataset = [
      ["dataform", "WRITER", "staging"],
      ["dataform", "WRITER", "warehouse"],
      ["dataform", "view author", "staging"],
      ["dataform", "view author", "warehouse"],
      ["vertex", "READER", "warehouse"],
      ["eraser", "WRITER", "staging"],
      ["eraser", "WRITER", "warehouse"],
      ["deleted_eraser", "WRITER", "staging"],
      ["deleted_eraser", "WRITER", "warehouse"],
    ]
    table = [
      ["vertex", "roles/bigquery.dataEditor", "churn_drift"],
      ["vertex", "roles/bigquery.dataEditor", "churn_outcomes"],
      ["vertex", "roles/bigquery.dataEditor", "fact_predictions_churn"],
      ["vertex", "roles/bigquery.dataEditor", "pipeline_runs"],
    ]
    account = [
      ["orchestrator", "roles/iam.serviceAccountUser", "vertex"],
      ["vertex", "roles/iam.serviceAccountUser", "dataform"],
      ["dataform_agent", "roles/iam.serviceAccountTokenCreator", "dataform"],
      ["dataform_agent", "roles/iam.serviceAccountUser", "dataform"],
      ["deployer", "roles/iam.serviceAccountUser", "scheduler"],
      ["deployer", "roles/iam.serviceAccountUser", "sales"],
      ["deployer", "roles/iam.serviceAccountUser", "clickstream"],
      ["deployer", "roles/iam.serviceAccountUser", "startups"],
      ["deployer", "roles/iam.serviceAccountUser", "orchestrator"],
      ["deployer", "roles/iam.serviceAccountUser", "build"],
      ["deployer", "roles/iam.serviceAccountUser", "deleted_eraser"],
    ]
  }

  own_roles = {
    "view author" = google_project_iam_custom_role.view_author.name
  }

  # Keyed by the account, the role and the resource.
  keyed = { for kind, grants in local.grants : kind => {
    for grant in grants : join(" ", grant) => grant
    if length(setintersection(local.idle, kind == "folder" ? [grant[0]] : grant)) == 0
  } }
}

resource "google_project_iam_member" "step" {
  project = var.project
  member  = local.members.vertex
  role    = google_project_iam_custom_role.step.name
}

resource "google_project_iam_member" "project" {
  for_each = local.keyed.project

  project = var.project
  member  = local.members[each.value[0]]
  role    = each.value[1]
}

# Firestore has no bindings of its own: a condition limits the role to the one database.
resource "google_project_iam_member" "database" {
  for_each = local.keyed.database

  project = var.project
  member  = local.members[each.value[0]]
  role    = each.value[1]

  condition {
    title      = "sales-database"
    expression = join(" || ", [for name in local.databases : "resource.name == \"projects/${var.project}/databases/${name}\""])
  }
}

resource "google_storage_bucket_iam_member" "lake" {
  for_each = local.keyed.bucket

  bucket = google_storage_bucket.lake.name
  member = local.members[each.value[0]]
  role   = each.value[1]
}

resource "google_storage_managed_folder_iam_member" "lake" {
  for_each = local.keyed.folder

  bucket         = google_storage_bucket.lake.name
  managed_folder = google_storage_managed_folder.lake[each.value[2]].name
  member         = local.members[each.value[0]]
  role           = each.value[1]
}

# A plan compares the mapping in the bucket with the file.
resource "google_storage_bucket_iam_member" "planner" {
  bucket = google_storage_bucket.lake.name
  member = local.planner
  role   = "roles/storage.objectViewer"

  condition {
    title      = "sales-mappings"
    expression = "resource.name.startsWith(\"projects/_/buckets/${google_storage_bucket.lake.name}/objects/${local.mappings}\")"
  }
}

resource "google_storage_bucket_iam_member" "build_reader" {
  bucket = google_storage_bucket.build.name
  member = local.members.build
  role   = "roles/storage.objectViewer"
}

resource "google_storage_bucket_iam_member" "build_writer" {
  bucket = google_storage_bucket.build.name
  member = local.members.deployer
  role   = "roles/storage.objectUser"
}

resource "google_artifact_registry_repository_iam_member" "build" {
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.repository_id
  member     = local.members.build
  role       = "roles/artifactregistry.writer"
}

resource "google_artifact_registry_repository_iam_member" "deployer" {
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.repository_id
  member     = local.members.deployer
  role       = "roles/artifactregistry.reader"
}

resource "google_bigquery_dataset_iam_member" "all" {
  for_each = local.keyed.dataset

  dataset_id = google_bigquery_dataset.all[each.value[2]].dataset_id
  member     = local.members[each.value[0]]
  role       = each.value[1]
}

# The views of winter_days_bi read these two datasets on behalf of whoever may read the views. A binding like those
# above would overwrite that, so everything is in the datasets' own access lists, in their terms: WRITER is
# roles/bigquery.dataEditor.
resource "google_bigquery_dataset_access" "accounts" {
  for_each = local.keyed.shared_dataset

  dataset_id    = google_bigquery_dataset.all[each.value[2]].dataset_id
  user_by_email = google_service_account.all[each.value[0]].email
  role          = lookup(local.own_roles, each.value[1], each.value[1])
}

resource "google_bigquery_dataset_access" "views" {
  for_each = toset(["staging", "warehouse"])

  dataset_id = google_bigquery_dataset.all[each.key].dataset_id

  dataset {
    target_types = ["VIEWS"]

    dataset {
      project_id = var.project
      dataset_id = google_bigquery_dataset.all["bi"].dataset_id
    }
  }
}

resource "google_bigquery_dataset_iam_member" "dashboard_viewers" {
  for_each = var.dashboard_viewers

  dataset_id = google_bigquery_dataset.all["bi"].dataset_id
  member     = each.key
  role       = "roles/bigquery.dataViewer"
}

# The project that their queries are billed to, and whose quota they use.
resource "google_project_iam_member" "dashboard_viewers" {
  for_each = var.dashboard_viewers

  project = local.dashboard_project
  member  = each.key
  role    = "roles/bigquery.jobUser"
}

resource "google_bigquery_table_iam_member" "written" {
  for_each = local.keyed.table

  dataset_id = google_bigquery_table.written[each.value[2]].dataset_id
  table_id   = google_bigquery_table.written[each.value[2]].table_id
  member     = local.members[each.value[0]]
  role       = each.value[1]
}

# An export by a change log reads that one table, in the extension's dataset or in another project.
resource "google_bigquery_table_iam_member" "changelog" {
  count = var.changelog_table == "" ? 0 : 1

  project    = reverse(split(".", "${var.project}.${var.changelog_table}"))[2]
  dataset_id = reverse(split(".", var.changelog_table))[1]
  table_id   = reverse(split(".", var.changelog_table))[0]
  member     = local.members.vertex
  role       = "roles/bigquery.dataViewer"
}

resource "google_bigquery_table_iam_member" "key" {
  dataset_id = google_bigquery_table.pseudonym_key.dataset_id
  table_id   = google_bigquery_table.pseudonym_key.table_id
  member     = local.members.dataform
  role       = "roles/bigquery.dataViewer"
}

resource "google_bigquery_table_iam_member" "key_of_eraser" {
  dataset_id = google_bigquery_table.pseudonym_key.dataset_id
  table_id   = google_bigquery_table.pseudonym_key.table_id
  member     = local.members.eraser
  role       = "roles/bigquery.dataViewer"
}

resource "google_service_account_iam_member" "erasers" {
  for_each = var.erasers

  service_account_id = google_service_account.all["eraser"].name
  member             = each.key
  role               = "roles/iam.serviceAccountTokenCreator"
}

resource "google_dataform_repository_iam_member" "runner" {
  region     = google_dataform_repository.warehouse.region
  repository = google_dataform_repository.warehouse.name
  member     = local.members.vertex
  role       = google_project_iam_custom_role.dataform_runner.name
}

resource "google_dataform_repository_iam_member" "orchestrator" {
  region     = google_dataform_repository.warehouse.region
  repository = google_dataform_repository.warehouse.name
  member     = local.members.orchestrator
  role       = google_project_iam_custom_role.invocation_ender.name
}

resource "google_project_iam_member" "job_enders" {
  for_each = {
    vertex       = google_project_iam_custom_role.job_finder.name
    orchestrator = google_project_iam_custom_role.job_ender.name
  }

  project = var.project
  member  = local.members[each.key]
  role    = each.value
}

resource "google_service_account_iam_member" "all" {
  for_each = local.keyed.account

  service_account_id = google_service_account.all[each.value[2]].name
  member             = local.members[each.value[0]]
  role               = each.value[1]
}

resource "google_cloud_run_v2_job_iam_member" "scheduler" {
  for_each = google_cloud_run_v2_job.generators

  location = each.value.location
  name     = each.value.name
  member   = local.members.scheduler
  role     = "roles/run.invoker"
}

resource "google_cloud_run_v2_service_iam_member" "scheduler" {
  location = google_cloud_run_v2_service.orchestrator.location
  name     = google_cloud_run_v2_service.orchestrator.name
  member   = local.members.scheduler
  role     = "roles/run.invoker"
}
