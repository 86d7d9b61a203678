"""The platform in Google Cloud: Terraform beside this file, and the programs that deploy it."""
