import contextlib
import http.client
import json

import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import dataform_v1 as api
from google.cloud import dataform_v1beta1
from google.cloud.dataform_v1beta1.services.dataform import transports as beta_transport


def ask(client, path: str, body: bytes | None = None) -> tuple[int, dict]:
    connection = http.client.HTTPConnection(client.transport._host.removeprefix("http://"), timeout=10)
    with contextlib.closing(connection):
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request("POST" if body else "GET", path, body, headers)
        response = connection.getresponse()
        return response.status, json.load(response)


@pytest.mark.parametrize(
    ("call", "request_", "name"),
    [
        ("list_release_configs", {"parent": "{}"}, "ListReleaseConfigs"),
        ("update_repository", {"repository": {"name": "{}"}}, "UpdateRepository"),
        ("get_iam_policy", {"resource": "{}"}, "GetIamPolicy"),
        ("push_git_commits", {"name": "{}/workspaces/w"}, "PushGitCommits"),
        ("install_npm_packages", {"workspace": "{}/workspaces/w"}, "InstallNpmPackages"),
    ],
)
def test_names_a_call_that_it_does_not_support(client, shared_project, call, request_, name):
    named = json.loads(json.dumps(request_).replace("{}", shared_project.name))
    with pytest.raises(exceptions.MethodNotImplemented, match=f"{name} is not supported"):
        getattr(client, call)(request=named)


def test_an_error_is_json_in_googles_form(client, shared_project):
    status, body = ask(client, f"/v1/{shared_project.name}/workspaces/nowhere")
    name = f"{shared_project.name}/workspaces/nowhere"
    error = {"code": 404, "message": f"{name} does not exist", "status": "NOT_FOUND"}
    assert (status, body) == (404, {"error": error})


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"noSuchField": 1}', b'{"path": 7}'])
def test_a_malformed_body_is_an_invalid_argument(client, shared_project, body):
    status, answer = ask(client, f"/v1/{shared_project.workspace}:writeFile", body)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_an_unknown_path_is_not_found(client):
    status, answer = ask(client, "/v1/projects/p/nothing")
    assert (status, answer["error"]["status"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("name", ["..", "a.b", "%2e%2e"])
def test_a_name_cannot_leave_the_folder(client, name):
    status, answer = ask(client, f"/v1/projects/p/locations/l/repositories/{name}")
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_enums_are_numbers_only_when_asked_for(client, shared_project):
    shared_project.define(one='config { type: "table" }\nselect 1 as n')
    invocation = shared_project.run()
    assert ask(client, f"/v1/{invocation.name}")[1]["state"] == "SUCCEEDED"
    numbers = ask(client, f"/v1/{invocation.name}?%24alt=json%3Benum-encoding%3Dint")[1]
    assert numbers["state"] == api.WorkflowInvocation.State.SUCCEEDED.value


def test_refuses_a_filter_and_a_foreign_page_token(client, shared_project):
    for request, error in (
        ({"filter": "state=1"}, exceptions.MethodNotImplemented),
        ({"page_token": "theirs"}, exceptions.BadRequest),
    ):
        with pytest.raises(error):
            client.list_workflow_invocations(request={"parent": shared_project.name, **request})


def test_the_beta_versions_client_is_answered_like_that_of_v1(client, shared_project):
    transport = beta_transport.DataformRestTransport(
        host=client.transport._host.removeprefix("http://"),
        url_scheme="http",
        credentials=AnonymousCredentials(),
    )
    with dataform_v1beta1.DataformClient(transport=transport) as beta:
        assert beta.get_repository(name=shared_project.name).name == shared_project.name
        with pytest.raises(exceptions.NotFound, match="nowhere does not exist"):
            beta.get_workspace(name=f"{shared_project.name}/workspaces/nowhere")
