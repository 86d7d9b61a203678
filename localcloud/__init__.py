"""The laptop's cloud: stand-ins of Google's services for development and tests, for any project."""
