"""Browser pages about the runs of the local Vertex AI Pipelines."""
