# Where it may run: regions that have all of Vertex AI Pipelines, Dataform, BigQuery, Firestore, Cloud Run and Cloud
# Scheduler, by the continent within which Firestore may be elsewhere, and Firestore's multi-regions there:
# docs.cloud.google.com/vertex-ai/docs/general/locations, /bigquery/docs/locations, /firestore/native/docs/locations.
# Everything else is in the one region, BigQuery too. Its US and EU could read a bucket in a region within them, but are
# refused here: the steps, Dataform and Vertex AI share one location, and a job looks for its tables in only one.
locals {
  continents = {
    america = {
      regions = [
        "northamerica-northeast1", "northamerica-northeast2", "southamerica-east1", "southamerica-west1", "us-central1",
        "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2", "us-west3", "us-west4",
      ]
      firestore = ["nam5", "nam7"]
    }
    europe = {
      regions = [
        "europe-central2", "europe-north1", "europe-southwest1", "europe-west1", "europe-west2", "europe-west3",
        "europe-west4", "europe-west6", "europe-west8", "europe-west9", "me-west1",
      ]
      firestore = ["eur3"]
    }
    asia = {
      regions = [
        "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast3", "asia-south1", "asia-southeast1",
        "australia-southeast1",
      ]
      firestore = []
    }
  }

  regions            = flatten([for continent in local.continents : continent.regions])
  firestore_allowed  = flatten([for continent in local.continents : concat(continent.regions, continent.firestore) if contains(continent.regions, var.location)])
  firestore_location = var.firestore_location == "" ? var.location : var.firestore_location
}
