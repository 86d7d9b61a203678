import uuid

import pytest
from google.cloud import dataform_v1 as api

from infra.deploy import warehouse
from infra.deploy.errors import DeployError

Operation = api.CommitRepositoryChangesRequest.FileOperation
WORKSPACE = "batch-workspace"


@pytest.fixture
def repository(dataform, project) -> str:
    parent = f"projects/{project}/locations/us-central1"
    return dataform.create_repository(
        parent=parent, repository_id=uuid.uuid4().hex, repository=api.Repository()
    ).name


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "definitions/sales").mkdir(parents=True)
    (tmp_path / "workflow_settings.yaml").write_text("dataformCoreVersion: 3.0.62\n")
    (tmp_path / "definitions/sales/a.sqlx").write_text("SELECT 1 AS a")
    return tmp_path


@pytest.fixture
def push(dataform, repository, folder):
    def push(dry_run=False):
        where = (dataform, repository, WORKSPACE)
        print("\n".join(warehouse.push(*where, "0123456789ab", dry_run=dry_run, folder=folder)))

    return push


def held(dataform, repository):
    return warehouse._read_workspace(dataform, f"{repository}/workspaces/{WORKSPACE}")


def history(dataform, repository):
    return list(dataform.fetch_repository_history(request={"name": repository}))


def test_the_first_push_commits_and_makes_the_workspace(push, dataform, repository):
    push()
    assert held(dataform, repository) == {
        "definitions/sales/a.sqlx": b"SELECT 1 AS a",
        "workflow_settings.yaml": b"dataformCoreVersion: 3.0.62\n",
    }
    [commit] = history(dataform, repository)
    assert commit.commit_message.startswith("Deploy 0123456789ab\n")


def test_a_second_push_changes_nothing(push, dataform, repository, capsys):
    push()
    created = dataform.get_workspace(name=f"{repository}/workspaces/{WORKSPACE}").create_time
    capsys.readouterr()
    push()
    assert len(history(dataform, repository)) == 1
    assert dataform.get_workspace(name=f"{repository}/workspaces/{WORKSPACE}").create_time == created
    assert capsys.readouterr().out.count("already") == 2


def test_a_file_that_was_removed_is_deleted(push, dataform, repository, folder):
    push()
    (folder / "definitions/sales/a.sqlx").rename(folder / "definitions/b.sqlx")
    push()
    assert held(dataform, repository).keys() == {"definitions/b.sqlx", "workflow_settings.yaml"}


def test_stray_files_in_the_workspace_are_deleted(push, dataform, repository):
    push()
    request = {"workspace": f"{repository}/workspaces/{WORKSPACE}", "path": "mine.sqlx", "contents": b"x"}
    dataform.write_file(request=request)
    push()
    assert "mine.sqlx" not in held(dataform, repository)
    assert len(history(dataform, repository)) == 1


def test_a_push_that_stopped_after_its_commit_resumes(push, dataform, repository):
    push()
    dataform.delete_workspace(name=f"{repository}/workspaces/{WORKSPACE}")
    push()
    assert len(held(dataform, repository)) == 2
    assert len(history(dataform, repository)) == 1


def test_a_dry_run_changes_nothing(push, dataform, repository, capsys):
    push(dry_run=True)
    assert history(dataform, repository) == []
    assert held(dataform, repository) is None
    assert "would commit 2 files" in capsys.readouterr().out


def test_a_concurrent_commit_is_not_overwritten(push, dataform, repository, folder, monkeypatch):
    push()
    (folder / "definitions/b.sqlx").write_text("SELECT 2 AS b")
    tree = warehouse._tree

    def tree_while_somebody_commits(client, name, head):
        operation = Operation(write_file=Operation.WriteFile(contents=b"theirs"))
        metadata = api.CommitMetadata(author=warehouse.AUTHOR, commit_message="Theirs")
        request = api.CommitRepositoryChangesRequest(
            name=name, commit_metadata=metadata, file_operations={"theirs.sqlx": operation}
        )
        client.commit_repository_changes(request=request)
        return tree(client, name, head)

    monkeypatch.setattr(warehouse, "_tree", tree_while_somebody_commits)
    with pytest.raises(DeployError, match="has changed meanwhile: run the step again"):
        push()
    assert history(dataform, repository)[0].commit_message == "Theirs"
