locals {
  # The enabled sources of JSON lines. A folder stays when its source is switched off, since it holds data.
  sources     = sort(var.sources)
  all_sources = ["clickstream", "startups"]
  off         = setsubtract(local.all_sources, local.sources)

  # A folder of the bucket for each writer, so that each may write to its own only.
  folders = toset(concat(local.all_sources, [
    "erasures", "mlops", "sales", "sales_index", "sales_manifests", "sales_rejects",
  ]))

  mappings = "${google_storage_managed_folder.lake["mlops"].name}mappings/"
}

resource "google_storage_bucket" "lake" {
  name                        = "${var.project}-lake-raw"
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.protect_data

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = 7 * 24 * 3600
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 30
      with_state                 = "ARCHIVED"
    }
  }

  # Files loaded long ago are read only to rebuild the warehouse from scratch.
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
    condition {
      age                   = var.cold_days
      matches_prefix        = [for source in sort(concat(local.all_sources, ["sales"])) : "${source}/"]
      matches_storage_class = ["STANDARD"]
    }
  }

  # Artifacts and records of runs; the pipeline itself, mlops/*.json, stays.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = var.run_days
      matches_prefix = ["mlops/pipeline_root/", "mlops/runs/"]
    }
  }

  # Rejected documents are kept as they are, with the personal data in them: long enough to correct them.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = var.reject_days
      matches_prefix = ["sales_rejects/"]
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  depends_on = [google_project_service.all]
}

resource "google_storage_managed_folder" "lake" {
  for_each = local.folders

  bucket        = google_storage_bucket.lake.name
  name          = "${each.key}/"
  force_destroy = !var.protect_data
}

# The mapping of a user's own collection or table of sales; the steps and an erasure may already read this folder.
resource "google_storage_bucket_object" "sales_mapping" {
  count = var.sales_mapping == "" ? 0 : 1

  bucket       = google_storage_bucket.lake.name
  name         = "${local.mappings}${basename(var.sales_mapping)}"
  content      = file(var.sales_mapping)
  content_type = "application/yaml"
}

# Where a deployment puts the source from which Cloud Build builds the images.
resource "google_storage_bucket" "build" {
  name                        = "${var.project}-build-source"
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age = 7
    }
  }

  depends_on = [google_project_service.all]
}
