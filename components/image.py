"""The image that every step runs in: the only reference to it."""

IMAGE = "us-central1-docker.pkg.dev/winter-days-nov-2025/winter-days/batch-steps-python:2.0.0"
