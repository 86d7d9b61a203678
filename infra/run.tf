locals {
  collection = "winter_sales"

  # Each generator: its Cloud Run job, the module it runs, and the module's arguments.
  generators = { for name, generator in local.all_generators : name => generator if contains(local.generating, name) }
  generating = var.generators != null ? var.generators : var.sales_mapping == "" ? setunion(["sales"], var.sources) : []
  all_generators = {
    sales = {
      job  = "winter-days-firestore-sales-gen"
      args = ["generators.sales", "--database", google_firestore_database.sales.name, "--collection", local.collection]
    }
    clickstream = {
      job  = "winter-days-clickstream-gen"
      args = ["generators.clickstream", "--bucket", google_storage_bucket.lake.name]
    }
    startups = {
      job  = "winter-days-startup-gen"
      args = ["generators.startups", "--bucket", google_storage_bucket.lake.name, "--days", "7"] # catches up on a missed week
    }
  }

  # The orchestrator's environment variables: orchestrator/settings.py reads these, each with its prefix.
  orchestrator_settings = {
    PROJECT                      = var.project
    LOCATION                     = var.location
    BUCKET                       = google_storage_bucket.lake.name
    TIME_ZONE                    = var.time_zone
    ORCHESTRATOR_SERVICE_ACCOUNT = google_service_account.all["orchestrator"].email
    RUN_SERVICE_ACCOUNT          = google_service_account.all["vertex"].email
    DATAFORM_SERVICE_ACCOUNT     = google_service_account.all["dataform"].email
    FEATURE_DAYS                 = tostring(var.feature_days)
    LABELS                       = jsonencode(local.labels)
    MACHINES                     = jsonencode(var.machines)
    MOST_SHARDS                  = tostring(var.most_shards)
    PARAMETERS = jsonencode(merge(var.pipeline_parameters, {
      database     = google_firestore_database.sales.name
      collection   = local.collection
      repository   = google_dataform_repository.warehouse.name
      workspace    = local.workspace
      sources      = join(",", local.sources)
      max_run_cost = var.max_run_cost

      keys_dataset       = google_bigquery_dataset.keys.dataset_id
      contacts_dataset   = google_bigquery_dataset.contacts.dataset_id
      business_time_zone = var.time_zone
      sales_mapping      = join("", google_storage_bucket_object.sales_mapping[*].name)
      export_mode        = var.export_mode
      changed_field      = var.changed_field
      full_pass_days     = var.full_pass_days
      changelog_table    = var.changelog_table
    }, { for name, dataset in google_bigquery_dataset.all : "${name}_dataset" => dataset.dataset_id }))
  }
}

resource "google_cloud_run_v2_job" "generators" {
  for_each = local.generators

  name                = each.value.job
  location            = var.location
  deletion_protection = false # it holds nothing

  template {
    template {
      service_account = google_service_account.all[each.key].email
      max_retries     = 1
      timeout         = "1800s"

      containers {
        image = local.images["generators"]
        args  = each.value.args

        env {
          name  = "GOOGLE_CLOUD_PROJECT"
          value = var.project
        }

        resources {
          limits = { cpu = "1", memory = "1Gi" }
        }
      }
    }
  }

  depends_on = [google_project_service.all]
}

resource "google_cloud_run_v2_service" "orchestrator" {
  name                 = "winter-days-batch-orchestrator"
  location             = var.location
  ingress              = var.orchestrator_ingress
  deletion_protection  = false # it holds nothing
  invoker_iam_disabled = false

  template {
    service_account                  = google_service_account.all["orchestrator"].email
    timeout                          = "300s"
    max_instance_request_concurrency = 8

    scaling {
      min_instance_count = 0
      max_instance_count = 2
    }

    containers {
      image = local.images["orchestrator"]

      dynamic "env" {
        for_each = local.orchestrator_settings
        content {
          name  = "WINTER_DAYS_${env.key}"
          value = env.value
        }
      }

      resources {
        limits            = { cpu = "1", memory = "1Gi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      # Google's placeholder answers every path, so that the probes succeed from the first deployment on.
      startup_probe {
        period_seconds    = 5
        timeout_seconds   = 4
        failure_threshold = 24
        http_get {
          path = "/readyz"
        }
      }

      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 4
        failure_threshold = 3
        http_get {
          path = "/healthz"
        }
      }
    }
  }

  depends_on = [google_project_service.all]
}
