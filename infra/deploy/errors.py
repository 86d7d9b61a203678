"""The error that ends a deployment."""


class DeployError(Exception):
    """A step cannot go on; the message says what to do."""


class NothingThereError(DeployError):
    """Terraform has made nothing yet."""
