# Applied once per project, by one of its owners: where Terraform keeps its state, and the accounts with which GitHub
# plans and deploys without a key. Its own state is a file below it, in a workspace of the environment: with another
# project's state it would move that project's accounts. It contains no secret.
terraform {
  required_version = ">= 1.9, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "8.7.0"
    }
  }
}

provider "google" {
  project               = var.project
  region                = var.location
  default_labels        = { app = "winter-days" }
  billing_project       = var.project
  user_project_override = true
}

variable "project" {
  description = "The Google Cloud project; it exists and has a billing account"
  type        = string
}

variable "location" {
  description = "The region of the state, which cannot be moved later: the location of everything else"
  type        = string
}

variable "environment" {
  description = "The GitHub environment that may deploy here, and the workspace of the state"
  type        = string

  validation {
    condition     = var.environment == terraform.workspace
    error_message = "Each environment has a state of its own: first run terraform -chdir=infra/bootstrap workspace select -or-create ${var.environment} (docs/deploy.md)."
  }
}

variable "repository" {
  description = "The GitHub repository that deploys, as OWNER/NAME"
  type        = string

  validation {
    condition     = can(regex("^[-A-Za-z0-9]+/[-._A-Za-z0-9]+$", var.repository))
    error_message = "Write the repository as OWNER/NAME."
  }
}

variable "repository_id" {
  description = "Its numeric id, which outlives its name: gh api repos/OWNER/NAME --jq .id"
  type        = string

  validation {
    condition     = can(regex("^[0-9]+$", var.repository_id))
    error_message = "An id has digits only: gh api repos/OWNER/NAME --jq .id"
  }
}

variable "owner_id" {
  description = "The numeric id of its owner: gh api repos/OWNER/NAME --jq .owner.id"
  type        = string

  validation {
    condition     = can(regex("^[0-9]+$", var.owner_id))
    error_message = "An id has digits only: gh api repos/OWNER/NAME --jq .owner.id"
  }
}

resource "google_project_service" "needed" {
  for_each = toset([
    "cloudbilling.googleapis.com", # doctor asks it whether billing is on
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
    "sts.googleapis.com",
  ])

  service            = each.key
  disable_on_destroy = false
}

resource "google_storage_bucket" "state" {
  name                        = "${var.project}-tfstate"
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      num_newer_versions = 50
      with_state         = "ARCHIVED"
    }
  }

  depends_on = [google_project_service.needed]
}

output "state_bucket" {
  description = "For envs/ENV.tfbackend"
  value       = google_storage_bucket.state.name
}

output "workload_identity_provider" {
  description = "For the GitHub environment's variable WORKLOAD_IDENTITY_PROVIDER"
  value       = google_iam_workload_identity_pool_provider.github.name
}
