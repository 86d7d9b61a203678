# infra/deploy reads these; a test checks that the two agree.
output "project" {
  description = "The project"
  value       = var.project
}

output "location" {
  description = "The region"
  value       = var.location
}

output "time_zone" {
  description = "The zone in which a day begins"
  value       = var.time_zone
}

output "bucket" {
  description = "The bronze bucket"
  value       = google_storage_bucket.lake.name
}

output "build_bucket" {
  description = "The bucket for the images' source"
  value       = google_storage_bucket.build.name
}

output "build_service_account" {
  description = "The account that builds the images, in Cloud Build's form"
  value       = google_service_account.all["build"].name
}

output "registry" {
  description = "The folder of the images"
  value       = local.registry
}

output "image_tag" {
  description = "The tag of the images in use; empty for Google's placeholders"
  value       = var.image_tag
}

output "dataform_repository" {
  description = "The resource name of the Dataform repository"
  value       = google_dataform_repository.warehouse.id
}

output "dataform_workspace" {
  description = "The workspace that the batch compiles"
  value       = local.workspace
}

output "dataform_service_account" {
  description = "The account that the warehouse is built as"
  value       = google_service_account.all["dataform"].email
}

output "sources" {
  description = "The enabled sources of JSON lines"
  value       = join(",", local.sources)
}

output "datasets" {
  description = "The datasets by their contents"
  value = merge(
    { for name, dataset in google_bigquery_dataset.all : name => dataset.dataset_id },
    { keys = google_bigquery_dataset.keys.dataset_id, contacts = google_bigquery_dataset.contacts.dataset_id },
  )
}

output "key_table" {
  description = "The table of the pseudonym key"
  value       = "${var.project}.${google_bigquery_dataset.keys.dataset_id}.${google_bigquery_table.pseudonym_key.table_id}"
}

output "tables" {
  description = "The tables that the pipeline writes"
  value       = [for table in google_bigquery_table.written : "${var.project}.${table.dataset_id}.${table.table_id}"]
}

output "orchestrator" {
  description = "The address of the orchestrator"
  value       = google_cloud_run_v2_service.orchestrator.uri
}

output "looker_studio" {
  description = "Opens a report whose data sources are the views for dashboards"
  value       = local.looker_studio
}
