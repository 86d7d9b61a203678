resource "google_iam_workload_identity_pool" "github" {
  workload_identity_pool_id = "github"
  display_name              = "GitHub"
  description               = "Workflows of ${var.repository}"

  depends_on = [google_project_service.needed]
}

resource "google_iam_workload_identity_pool_provider" "github" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.github.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"

  # Somebody else can take over a name, but not an id; since July 2026 GitHub's subjects contain both. A subject may
  # have 127 characters, which GitHub's exceed, so the subject in Google's logs is made of the ids.
  attribute_mapping = {
    "google.subject"       = "'repository:' + assertion.repository_id + ':run:' + assertion.run_id"
    "attribute.event_name" = "assertion.event_name"
    "attribute.deploys"    = "assertion.ref == 'refs/heads/main' && has(assertion.environment) ? assertion.environment : ''"
  }
  attribute_condition = join(" && ", [
    "assertion.repository_id == \"${var.repository_id}\"",
    "assertion.repository_owner_id == \"${var.owner_id}\"",
  ])

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

locals {
  tokens = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github.name}"
}

# A pull request may plan; only main may deploy, in the environment, once a reviewer has approved.
resource "google_service_account_iam_member" "planner" {
  service_account_id = google_service_account.planner.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "${local.tokens}/attribute.event_name/pull_request"
}

resource "google_service_account_iam_member" "deployer" {
  service_account_id = google_service_account.deployer.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "${local.tokens}/attribute.deploys/${var.environment}"
}
