"""The configuration itself: formatted, valid, and stable once applied."""

from infra.stub.terraform import INFRA, Applied, Terraform, copied


def test_the_files_are_formatted(terraform):
    done = terraform.attempt("fmt", "-check", "-recursive", "-diff", str(INFRA))
    assert done.returncode == 0, done.stdout


def test_the_root_is_valid(terraform):
    terraform.run("validate")


def test_terraforms_own_tests_pass(terraform):
    assert "0 failed" in terraform.run("test")


def test_a_second_plan_changes_nothing(applied):
    done = applied.terraform.attempt("plan", "-detailed-exitcode", "-input=false", *applied.arguments)
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_second_plan_of_the_bootstrap_changes_nothing(bootstrap):
    done = bootstrap.terraform.attempt("plan", "-detailed-exitcode", "-input=false", *bootstrap.arguments)
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_bootstrap_of_another_environment_does_not_move_the_accounts_of_the_first(bootstrap):
    for_prod = [word.replace("environment=dev", "environment=prod") for word in bootstrap.arguments]
    for_prod = [word.replace("2025-dev", "2025") for word in for_prod]
    done = bootstrap.terraform.attempt("plan", "-input=false", *for_prod)
    assert done.returncode == 1
    assert "workspace select -or-create prod" in " ".join(done.stderr.replace("│", "").split())


def test_the_environments_have_the_same_resources(environments):
    dev, prod = ({each.address for each in environments[name].resources} for name in ("dev", "prod"))
    assert dev == prod


def test_everything_can_be_destroyed_once_nothing_protects_it(dev, tmp_path, stub_environment):
    terraform = Terraform(copied(INFRA, tmp_path / "infra"), stub_environment)
    gone = Applied(terraform, *dev.arguments, "-var=protect_data=false")
    assert not any(each.get("deletion_protection") for each in gone.of("google_bigquery_table"))
    told = terraform.run("destroy", "-auto-approve", "-input=false", *gone.arguments)
    assert f"{len(gone.resources)} destroyed" in told
