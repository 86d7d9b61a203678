"""The default names used in several places; each can be set by an option or a pipeline parameter.

In the cloud Terraform defines the names (infra/) and passes them on.
"""

BUCKET = "winter-days-nov-2025-lake-raw"
LOCATION = "us-central1"
DATABASE = "(default)"
COLLECTION = "winter_sales"
CHANGED_FIELD = "updated_at"  # of a document: the time of its last change
REPOSITORY = "winter-days-data-repo"
WORKSPACE = "batch-workspace"
SOURCES = ("clickstream", "startups")  # folders of JSON lines in the bucket, beside the sales
SPECIFICATION = "mlops/customer_churn_pipeline.json"  # in the bucket: the pipeline, compiled
MODEL_NAME = "Customer churn"  # of the models in the registry, one for each horizon
DATASETS = {
    "staging": "winter_days_staging",
    "warehouse": "winter_days_warehouse",
    "bi": "winter_days_bi",
    "features": "winter_days_features",
    "assertions": "winter_days_assertions",
    "keys": "winter_days_keys",
    "contacts": "winter_days_contacts",
}
KEY_TABLE = "pseudonym_key"
