"""The local cloud: stand-ins for Google's services for development and tests, for any project."""
