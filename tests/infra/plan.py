"""Write a plan of the prod environment as JSON: python -m tests.infra.plan FILE."""

import sys
import tempfile
from pathlib import Path

from infra.stub.provider import providers
from infra.stub.terraform import INFRA, Terraform, copied


def main(file: Path) -> None:
    """Plan against the stub, as a first deployment with images would."""
    with providers() as environment, tempfile.TemporaryDirectory() as folder:
        terraform = Terraform(copied(INFRA, Path(folder) / "infra"), environment)
        terraform.run(
            "plan", "-input=false", "-var-file=envs/prod.tfvars", "-var=image_tag=0123456789ab", "-out=plan"
        )
        file.write_text(terraform.run("show", "-json", "plan"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
