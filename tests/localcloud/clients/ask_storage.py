"""Cloud Storage's client library, used as at the start of its documentation."""

from google.cloud import storage

bucket = storage.Client().create_bucket("orders-of-the-shop")
bucket.blob("2026/01.csv").upload_from_string("Ann,2")
print([(blob.name, blob.download_as_text()) for blob in bucket.list_blobs()])
