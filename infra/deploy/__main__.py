"""Deploy the checked-out commit, step by step; each step can be repeated.

doctor     check whether a deployment can start; it runs before all the others
apply      Terraform, with the images in use; once there are any, only if it is
           named by --step
images     build and push the images of the commit, with Cloud Build
release    Terraform, with the images of the commit
key        create the pseudonym key, once
warehouse  commit dataform/ to the repository, and update the workspace
pipeline   upload the compiled pipeline
smoke      check whether the batch can run
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from google.auth.exceptions import GoogleAuthError

from components.shared.clients import bigquery_client, dataform_client, storage_client
from components.shared.credentials import describe_error
from components.shared.erasures import erasure_under_way
from components.shared.retries import FAILED_CALL
from erase.runs import active_runs
from infra.cost.__main__ import forecast
from infra.deploy import doctor, images, pipeline, pseudonym_key, rebuild, smoke, vertex, warehouse
from infra.deploy.columns import refuse_lost_columns
from infra.deploy.commands import Terraform, commit_tag
from infra.deploy.errors import DeployError, NothingThereError
from infra.deploy.outputs import Deployed, Outputs

EXAMPLES = """examples:
  python -m infra.deploy dev --dry-run        shows what would change
  python -m infra.deploy dev --step doctor    shows what is missing
  python -m infra.deploy dev                  all steps; asks before any change
  python -m infra.deploy prod --yes           the same without asking, as in CI
  python -m infra.deploy dev --step smoke     one step
  python -m infra.deploy dev --from warehouse   continue after a failed step
  python -m infra.deploy dev --rebuild        all tables of Dataform, anew
  python -m infra.deploy dev --destroy        refuses if data would be lost
  python -m infra.deploy dev --destroy --delete-data"""


@dataclass(frozen=True)
class Deployment:
    """An environment, and how to change it."""

    terraform: Terraform
    dry_run: bool = False
    approved: bool = False
    delete_data: bool = False

    @property
    def outputs(self) -> Outputs:
        """The outputs of Terraform, which describe what it has created."""
        return Outputs.parse(self.terraform.outputs())

    @property
    def deployed(self) -> Deployed:
        """What is needed of the outputs before this version is applied."""
        return Deployed.parse(self.terraform.outputs())

    @property
    def tag_in_use(self) -> str:
        """The commit of the images in use; empty before the first release."""
        try:
            return self.deployed.image_tag
        except NothingThereError:
            return ""

    @property
    def tag(self) -> str:
        """The commit to deploy; only a dry run accepts uncommitted files."""
        return commit_tag(changes_allowed=self.dry_run)

    def apply(self) -> None:
        """Apply with the images in use, after forecasting a month's cost."""
        print(forecast(), flush=True)
        self._apply(self.tag_in_use)

    def build_images(self) -> None:
        """Build and push the images of the commit."""
        images.build(self.deployed, self.tag, dry_run=self.dry_run)

    def release(self) -> None:
        """Apply with the images of the commit, unless a run is active."""
        self._refuse_during_a_run(self.deployed, "--from release")
        self._apply(self.tag)

    def _refuse_during_a_run(self, outputs: Deployed, again: str) -> None:
        """Raise DeployError if a run is active: it compiles the workspace, and builds the same tables."""
        if not self.dry_run and (active := active_runs(outputs.project, outputs.location)):
            runs = f"https://console.cloud.google.com/vertex-ai/pipelines/runs?project={outputs.project}"
            raise DeployError(
                f"a run is active: wait until {', '.join(active)} has ended, or cancel it: {runs}\n"
                f'  then continue with make deploy ENV={self.terraform.environment} ARGS="{again}"'
            )

    def _refuse_during_an_erasure(self, outputs: Outputs) -> None:
        """Raise DeployError if one is under way: a rebuild may restore what it has read."""
        if why := erasure_under_way(storage_client(outputs.project).bucket(outputs.bucket)):
            raise DeployError(why)

    def _apply(self, tag: str) -> None:
        self._refuse_lost_columns()
        if self.dry_run:
            self.terraform.plan(f"image_tag={tag}")
        else:
            self.terraform.apply(f"image_tag={tag}", approved=self.approved)

    def _refuse_lost_columns(self) -> None:
        with suppress(NothingThereError):
            deployed = self.deployed
            with bigquery_client(deployed.project, deployed.location) as client:
                refuse_lost_columns(client, deployed.tables)

    def make_key(self) -> None:
        """Create the pseudonym key, unless there is one."""
        outputs = self.outputs
        with bigquery_client(outputs.project, outputs.location) as client:
            made = pseudonym_key.ensure_key(client, outputs.key_table, dry_run=self.dry_run)
        would = "would create" if self.dry_run else "created"
        print(f"{would} the pseudonym key" if made else "the pseudonym key already exists")

    def push_warehouse(self) -> None:
        """Put dataform/ into the repository and the workspace, unless a run is active."""
        outputs = self.outputs
        self._refuse_during_a_run(outputs, "--from warehouse")
        where = (dataform_client(), outputs.dataform_repository, outputs.dataform_workspace)
        print("\n".join(warehouse.push(*where, self.tag, dry_run=self.dry_run)))

    def upload_pipeline(self) -> None:
        """Upload the compiled pipeline."""
        outputs = self.outputs
        if not outputs.image_tag:
            raise DeployError("no images are in use yet: run the steps images and release first")
        client = storage_client(outputs.project)
        pipeline.upload(client, outputs.bucket, outputs.steps_image, dry_run=self.dry_run)

    def smoke(self) -> None:
        """Check whether the batch can run, without changing anything."""
        smoke.check(self.outputs)

    def rotate_key(self) -> None:
        """Replace the pseudonym key, and start rebuilding the warehouse with it."""
        outputs = self.outputs
        if self.dry_run:
            print(f"would replace the key in {outputs.key_table} and rebuild the warehouse")
            return
        self._refuse_during_a_run(outputs, "--rotate-key")
        self._refuse_during_an_erasure(outputs)
        if not self.approved and input("Every customer gets another pseudonym. Type yes: ") != "yes":
            raise DeployError("the key is unchanged")
        dataform = dataform_client()
        compilation = rebuild.compile_as_of_today(dataform, outputs)  # what does not compile keeps its key
        with bigquery_client(outputs.project, outputs.location) as client:
            pseudonym_key.replace_key(client, outputs.key_table)
        print("replaced the key: should the rebuild not start, start it with --rebuild", flush=True)
        print(f"started {rebuild.start_rebuild(dataform, outputs, compilation)}")

    def rebuild(self) -> None:
        """Start rebuilding the warehouse from bronze."""
        outputs = self.outputs
        if self.dry_run:
            print(f"would rebuild every table that {outputs.dataform_workspace} defines")
            return
        self._refuse_during_a_run(outputs, "--rebuild")
        self._refuse_during_an_erasure(outputs)
        dataform = dataform_client()
        compilation = rebuild.compile_as_of_today(dataform, outputs)
        print(f"started {rebuild.start_rebuild(dataform, outputs, compilation)}")

    def destroy(self) -> None:
        """Destroy everything, including the data; raise DeployError unless delete_data is set.

        Repeated after a failure, it continues with the runs and models, which Terraform does not know.
        """
        if not self.delete_data:
            raise DeployError(
                "this would delete the bucket, the sales, the warehouse, the models and the pseudonym key: "
                "add --delete-data (make destroy DELETE_DATA=yes) if that is intended"
            )
        with suppress(NothingThereError):
            self._destroy_resources()
        place = doctor.Place.of(self.terraform.environment, dry_run=self.dry_run)
        print(vertex.delete_runs_and_models(place.project, place.location, dry_run=self.dry_run))

    def _destroy_resources(self) -> None:
        outputs = self.deployed
        self._refuse_during_a_run(outputs, "--destroy --delete-data")
        tag = f"image_tag={outputs.image_tag}"
        if self.dry_run:
            self.terraform.plan(tag, "protect_data=false", destroy=True)
            return
        self.terraform.apply(tag, "protect_data=false", approved=self.approved)
        self.terraform.destroy(tag, "protect_data=false", approved=self.approved)


STEPS: dict[str, Callable[[Deployment], None]] = {
    "apply": Deployment.apply,
    "images": Deployment.build_images,
    "release": Deployment.release,
    "key": Deployment.make_key,
    "warehouse": Deployment.push_warehouse,
    "pipeline": Deployment.upload_pipeline,
    "smoke": Deployment.smoke,
}


def select_steps(step: str | None, first: str | None) -> list[str]:
    """Return the names of the steps to run: one, all from one on, or all."""
    names = list(STEPS)
    return [step] if step else names[names.index(first) if first else 0 :]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 1 with a one-line message if it failed."""
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except NothingThereError as reason:
        print(f"deploy: {reason}", file=sys.stderr)
        return 0 if options.dry_run else 1
    except GoogleAuthError as error:
        print(f"deploy: {describe_error(error)}", file=sys.stderr)
        return 1
    except (DeployError, *FAILED_CALL) as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    deployment = Deployment(Terraform(options.environment), options.dry_run, options.yes, options.delete_data)
    if options.instead:
        deployment.terraform.init()
        options.instead(deployment)
        return
    if options.step in (None, "doctor"):
        print("== doctor", flush=True)
        doctor.check(options.environment, dry_run=options.dry_run)
    if options.step == "doctor":
        return
    deployment.terraform.init()
    for name in select_steps(options.step, options.first):
        print(f"== {name}", flush=True)
        # Images in use may not know the settings of a newer version: then they would fail to start with them.
        if name == "apply" and not options.step and (tag := deployment.tag_in_use):
            print(f"the images of {tag} are in use: the step release applies everything, with the new ones")
            continue
        STEPS[name](deployment)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.deploy",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("environment", choices=["dev", "prod"])
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--step", choices=["doctor", *STEPS], help="run only this step")
    which.add_argument("--from", dest="first", choices=STEPS, help="run this step and those after it")
    for name, command, text in (
        ("--destroy", Deployment.destroy, "destroy everything instead"),
        ("--rebuild", Deployment.rebuild, "rebuild the warehouse from bronze instead"),
        ("--rotate-key", Deployment.rotate_key, "replace the pseudonym key instead"),
    ):
        which.add_argument(name, dest="instead", action="store_const", const=command, help=text)
    parser.add_argument("--delete-data", action="store_true", help="with --destroy: delete the data too")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, without changing it")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


if __name__ == "__main__":
    sys.exit(main())
