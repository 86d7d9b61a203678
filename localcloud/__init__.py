"""The laptop's cloud: stand-ins for the Google services that the batch uses, for development and tests."""
