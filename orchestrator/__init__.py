"""The service that Cloud Scheduler calls: it compiles the pipeline and submits its runs to Vertex AI."""
