"""The daily batch as one Kubeflow pipeline, and its compiler."""
