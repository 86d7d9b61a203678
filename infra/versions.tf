terraform {
  required_version = ">= 1.9, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "8.7.0"
    }
    google-beta = {
      source  = "hashicorp/google-beta"
      version = "8.7.0"
    }
  }

  # The bucket and the prefix are in envs/ENV.tfbackend.
  backend "gcs" {}
}

provider "google" {
  project               = var.project
  region                = var.location
  default_labels        = local.labels
  billing_project       = var.project
  user_project_override = true
}

provider "google-beta" {
  project               = var.project
  region                = var.location
  default_labels        = local.labels
  billing_project       = var.project
  user_project_override = true
}
