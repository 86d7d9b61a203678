"""The REST API of Vertex AI Pipelines on this machine: kfp.local runs the pipeline of each job."""
