locals {
  datasets = {
    staging    = { id = var.datasets.staging, description = "Silver: typed, deduplicated, pseudonymised" }
    warehouse  = { id = var.datasets.warehouse, description = "Gold: facts, dimensions, predictions, runs" }
    bi         = { id = var.datasets.bi, description = "Views for dashboards, the only data that viewers may read" }
    features   = { id = var.datasets.features, description = "Examples to train on and to score" }
    assertions = { id = var.datasets.assertions, description = "Rows that break a rule of the warehouse" }
  }

  # The tables that the steps write, as defined in tables/*.sql: make generate writes the JSON files. A new column
  # there is added in place; if a table would have to be created anew, deletion_protection stops it.
  tables = {
    for file in fileset(path.module, "tables/*.json") :
    trimsuffix(basename(file), ".json") => jsondecode(file("${path.module}/${file}"))
  }
}

resource "google_bigquery_dataset" "all" {
  for_each = local.datasets

  dataset_id                 = each.value.id
  description                = each.value.description
  location                   = var.location
  delete_contents_on_destroy = !var.protect_data

  max_time_travel_hours = "168" # as docs/erasure.md says

  default_partition_expiration_ms = each.key == "features" && var.feature_days > 0 ? var.feature_days * 24 * 3600 * 1000 : null

  depends_on = [google_project_service.all]
}

resource "google_bigquery_table" "written" {
  for_each = local.tables

  dataset_id          = google_bigquery_dataset.all[each.value.dataset].dataset_id
  table_id            = each.key
  description         = each.value.description
  schema              = jsonencode(each.value.schema)
  clustering          = each.value.clustering
  deletion_protection = var.protect_data

  time_partitioning {
    type  = "DAY"
    field = each.value.partition
  }
}

# The default access would let everybody who may view the project read it; here only the owners may, and those to
# whom iam.tf grants the table.
resource "google_bigquery_dataset" "keys" {
  dataset_id                 = var.datasets.keys
  description                = "The key of the pseudonyms"
  location                   = var.location
  delete_contents_on_destroy = !var.protect_data

  access {
    role          = "OWNER"
    special_group = "projectOwners"
  }

  depends_on = [google_project_service.all]
}

# Which pseudonym belongs to which customer of the shop: those who may know it are named here, and nowhere else.
resource "google_bigquery_dataset" "contacts" {
  dataset_id                 = var.datasets.contacts
  description                = "The shop's own customer ids by their pseudonyms"
  location                   = var.location
  delete_contents_on_destroy = !var.protect_data

  max_time_travel_hours = "48" # the minimum: it can be rebuilt from bronze

  access {
    role          = "OWNER"
    special_group = "projectOwners"
  }

  dynamic "access" {
    for_each = toset(["dataform", "eraser"])

    content {
      role          = "WRITER"
      user_by_email = google_service_account.all[access.key].email
    }
  }

  dynamic "access" {
    for_each = var.contact_readers

    content {
      role           = "READER"
      user_by_email  = startswith(access.key, "group:") ? null : split(":", access.key)[1]
      group_by_email = startswith(access.key, "group:") ? split(":", access.key)[1] : null
    }
  }

  depends_on = [google_project_service.all]
}

resource "google_bigquery_table" "pseudonym_key" {
  dataset_id          = google_bigquery_dataset.keys.dataset_id
  table_id            = "pseudonym_key"
  description         = "One row, which a deployment puts here once; with another key, every pseudonym changes"
  deletion_protection = var.protect_data

  schema = jsonencode([{ name = "key", type = "STRING", mode = "REQUIRED", description = "32 random bytes, hexadecimal" }])
}
