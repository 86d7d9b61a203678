resource "google_artifact_registry_repository" "images" {
  repository_id = "winter-days"
  location      = var.location
  format        = "DOCKER"
  description   = "The images of the steps, the orchestrator and the generators, tagged by commit"

  cleanup_policies {
    id     = "keep-the-last-ten"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }

  cleanup_policies {
    id     = "delete-after-90-days"
    action = "DELETE"
    condition {
      older_than = "7776000s"
    }
  }

  depends_on = [google_project_service.all]
}

locals {
  registry = join("/", [
    "${google_artifact_registry_repository.images.location}-docker.pkg.dev",
    var.project,
    google_artifact_registry_repository.images.repository_id,
  ])

  # Google's own images, until the first ones are built.
  placeholders = {
    batch-steps-python = "us-docker.pkg.dev/cloudrun/container/job:latest"
    generators         = "us-docker.pkg.dev/cloudrun/container/job:latest"
    orchestrator       = "us-docker.pkg.dev/cloudrun/container/hello:latest"
  }

  images = {
    for name, placeholder in local.placeholders :
    name => var.image_tag == "" ? placeholder : "${local.registry}/${name}:${var.image_tag}"
  }
}
