locals {
  # With a mapping, sales may be in another database of this project; the owner of another project gives access to its own.
  mapped    = var.sales_mapping == "" ? {} : yamldecode(file(var.sales_mapping)).source
  databases = toset(compact([google_firestore_database.sales.name, try(local.mapped.project, var.project) == var.project ? try(local.mapped.database, "") : ""]))
}

resource "google_firestore_database" "sales" {
  name                              = "(default)"
  location_id                       = local.firestore_location
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "OPTIMISTIC"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.protect_data ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.protect_data ? "ABANDON" : "DELETE"

  depends_on = [google_project_service.all]
}

# A scan reads the collection in the order of document names, which needs no index; and an index on a field that only
# increases, such as the time of the sale, would limit writes to 500 a second. Sales never expire: there is no TTL.
resource "google_firestore_field" "unindexed" {
  database   = google_firestore_database.sales.name
  collection = local.collection
  field      = "*"

  index_config {}
}

# The one exception, for an export of changes: it queries the documents changed since a time, and the index limits
# their writes to those 500 a second (docs/export.md).
resource "google_firestore_field" "changed" {
  count = var.export_mode == "changes" ? 1 : 0

  database   = google_firestore_database.sales.name
  collection = local.collection
  field      = var.changed_field

  index_config {
    indexes {
      order       = "ASCENDING"
      query_scope = "COLLECTION"
    }
  }
}
