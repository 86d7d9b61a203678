"""The error that ends a deployment."""


class DeployError(Exception):
    """A step cannot continue; the message says what to do."""


class NothingThereError(DeployError):
    """Terraform has not created anything yet."""
