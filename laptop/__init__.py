"""The daily batch on a laptop: a cloud provisioned, sales in, the pipeline through, a summary out."""
