"""The daily batch on a laptop: the stand-ins up, sales in, the compiled pipeline through, a summary out."""
