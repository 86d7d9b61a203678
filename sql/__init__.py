"""An SQL prompt for analysts, on the warehouse of a laptop or of a project."""
