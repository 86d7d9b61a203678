"""The platform as Terraform creates it, in both environments, applied to a stub of Google's providers."""

import shutil

import pytest

from generate.access_page import bootstrapped
from infra.stub.provider import providers
from infra.stub.terraform import INFRA, Applied, Terraform, copied


@pytest.fixture(scope="session")
def stub():
    if not shutil.which("terraform"):
        pytest.skip(
            "the terraform program is not installed: https://developer.hashicorp.com/terraform/install"
        )
    with providers() as environment:
        yield environment


@pytest.fixture(scope="session")
def bootstraps(stub, tmp_path_factory) -> dict[str, Applied]:
    """The bootstrap of each environment, applied before anything else, as an owner does."""
    folder = tmp_path_factory.mktemp("bootstrap")
    return {name: bootstrapped(folder / name, stub, name) for name in ("dev", "prod")}


@pytest.fixture(scope="session")
def stub_environment(stub, bootstraps) -> dict[str, str]:
    """The environment that points Terraform at the stub, in which the bootstraps created their accounts."""
    return stub


@pytest.fixture(scope="session")
def terraform(stub_environment, tmp_path_factory) -> Terraform:
    """The root configuration, initialised but not applied."""
    return Terraform(copied(INFRA, tmp_path_factory.mktemp("infra") / "root"), stub_environment)


@pytest.fixture(scope="session")
def environments(stub_environment, tmp_path_factory) -> dict[str, Applied]:
    """Each environment, applied with the images of a commit."""
    made = {}
    for name in ("dev", "prod"):
        folder = copied(INFRA, tmp_path_factory.mktemp("infra") / name)
        arguments = (f"-var-file=envs/{name}.tfvars", "-var=image_tag=0123456789ab")
        made[name] = Applied(Terraform(folder, stub_environment), *arguments)
    return made


@pytest.fixture(scope="session", params=["dev", "prod"])
def applied(request, environments) -> Applied:
    """One environment at a time."""
    return environments[request.param]


@pytest.fixture(scope="session")
def dev(environments) -> Applied:
    return environments["dev"]


@pytest.fixture(scope="session")
def bootstrap(bootstraps) -> Applied:
    """The bootstrap of the dev environment."""
    return bootstraps["dev"]
