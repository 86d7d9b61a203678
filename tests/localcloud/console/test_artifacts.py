import pytest

STEP = "exit-handler-1.train-churn-model"


def test_a_report_is_shown_in_a_sandbox(console):
    console.trained("churn-1")
    page = console.get(f"/runs/churn-1/tasks/{STEP}")
    assert f'<iframe sandbox src="/artifacts/churn-1/{STEP}/report/0"' in page
    answer = console.client.get(f"/artifacts/churn-1/{STEP}/report/0")
    assert (answer.text, answer.headers["Content-Type"]) == ("<h1>A report</h1>", "text/html; charset=utf-8")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "script-src" not in policy


def test_any_other_artifact_is_a_download(console):
    console.trained("churn-1")
    answer = console.client.get(f"/artifacts/churn-1/{STEP}/model/0")
    assert answer.content == b"model"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="model"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "uri",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "{folder}/../secret",
        "file://{folder}/artifacts/../../secret",
        "{folder}/link",
        "{folder}-2/secret",
        "{folder}/artifacts",
        "{folder}/\0",
        "{folder}/" + 5000 * "a",
        "http://[",
        "https://a\u2100b/",
        "secret",
        "gs://bucket/report",
        "",
    ],
)
def test_only_files_in_the_folder_of_the_run_are_sent(console, step_detail, step_artifact, uri):
    folder = console.jobs.folder("churn-1")
    (folder / "artifacts").mkdir(parents=True)
    other = folder.with_name("churn-1-2")
    other.mkdir()
    for secret in (folder.parent / "secret", other / "secret"):
        secret.write_text("secret")
    (folder / "link").symlink_to(folder.parent / "secret")
    outputs = step_artifact("report", "system.HTML", uri.format(folder=folder))
    console.jobs.add("churn-1", jobDetail={"taskDetails": [step_detail("export-sales", outputs=outputs)]})
    assert "no file" in console.get("/artifacts/churn-1/export-sales/report/0", 404)
    assert "<iframe" not in console.get("/runs/churn-1/tasks/export-sales")


@pytest.mark.parametrize(
    "path",
    ["report/1", "nothing/0", "../../../etc/passwd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd/0", "report/x"],
)
def test_only_artifacts_of_the_step_are_sent(console, path):
    console.trained("churn-1")
    console.get(f"/artifacts/churn-1/{STEP}/{path}", 404)
