"""The REST API of Vertex AI Pipelines on this machine: each job's pipeline is run by kfp.local."""
