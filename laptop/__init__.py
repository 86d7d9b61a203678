"""The daily batch on a laptop: provision the local cloud, import sales, run the pipeline, print a summary."""
