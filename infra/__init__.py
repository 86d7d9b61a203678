"""The platform in Google Cloud: Terraform beside this file, and what deploys onto it."""
