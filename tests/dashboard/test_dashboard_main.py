"""The command says what is wrong in one line."""

from dashboard.__main__ import main


def test_without_the_views_it_says_what_to_run(client, tmp_path, capsys):
    path = tmp_path / "dashboard.html"
    arguments = ["--project", client.project, "--dataset", "not_there", "--output", str(path)]
    assert main(arguments) == 1
    message = capsys.readouterr().err
    assert message.startswith("error: run the batch first, as make run does: ") and "not_there" in message
    assert not path.exists()


def test_an_invalid_dataset_name_is_refused(client, tmp_path, capsys):
    arguments = ["--project", client.project, "--dataset", "a`; DROP", "--output", str(tmp_path / "x")]
    assert main(arguments) == 1
    assert "is not a valid name of a project, dataset or table" in capsys.readouterr().err


def test_an_empty_warehouse_is_reported(client, shop, empty_shop, tmp_path, capsys):
    path = tmp_path / "dashboard.html"
    for dataset, told in (
        ("empty_shop", "the warehouse is empty, and so is the dashboard: make run fills both\n"),
        ("shop", ""),
    ):
        assert main(["--project", client.project, "--dataset", dataset, "--output", str(path)]) == 0
        out, err = capsys.readouterr()
        assert out.startswith(f"{path}: ")
        assert err == told
