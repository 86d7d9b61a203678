"""Pages for a browser over the runs of the local Vertex AI Pipelines."""
