"""How Google's errors are reported to the caller."""

import pytest
import requests
from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError, TransportError

from orchestrator.server import answer_to

ACCOUNT = "winter-days-orchestrator-sa@p.iam.gserviceaccount.com"
STORAGE = (
    "GET https://storage.googleapis.com/storage/v1/b/lake/o/x?alt=json: other-sa@p.iam.gserviceaccount.com "
    "does not have storage.objects.get access to the Google Cloud Storage object. "
    "Permission 'storage.objects.get' denied on resource (or it may not exist)."
)


@pytest.mark.parametrize(
    ("error", "status", "start"),
    [
        (
            exceptions.Forbidden(STORAGE),
            502,
            "other-sa@p.iam.gserviceaccount.com lacks the permission storage.objects.get: ",
        ),
        (
            exceptions.PermissionDenied(
                "You do not have permission to act as service_account: run-sa@p.iam.gserviceaccount.com."
            ),
            502,
            f"{ACCOUNT} lacks the permission iam.serviceAccounts.actAs: ",
        ),
        (
            exceptions.Forbidden("Access denied to aiplatform.googleapis.com."),
            502,
            f"{ACCOUNT} lacks a permission: ",
        ),
        (DefaultCredentialsError("no credentials"), 502, f"{ACCOUNT} cannot sign in to Google Cloud: "),
        (exceptions.InvalidArgument("bad label"), 502, "Google Cloud refused the request: bad label"),
        (
            exceptions.TooManyRequests("quota"),
            503,
            "Google Cloud is not available, try again later: quota",
        ),
        (exceptions.Aborted("at the same time"), 503, "Google Cloud is not available"),
        (exceptions.DeadlineExceeded("slow"), 503, "Google Cloud is not available"),
        (requests.ConnectionError("refused"), 503, "Google Cloud is not available"),
        (TransportError("metadata server"), 503, "Google Cloud is not available"),
        (
            exceptions.RetryError("2 s", cause=exceptions.ServiceUnavailable("away")),
            503,
            "Google Cloud is not",
        ),
    ],
)
def test_an_error_becomes_a_status_and_a_sentence(error, status, start):
    answered, message = answer_to(error, ACCOUNT)
    assert answered == status
    assert message.startswith(start)


def test_the_permission_is_taken_from_the_error_s_details():
    body = {
        "error": {
            "message": "The caller is not allowed.",
            "details": [
                {
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "IAM_PERMISSION_DENIED",
                    "domain": "iam.googleapis.com",
                    "metadata": {"permission": "aiplatform.pipelineJobs.list"},
                }
            ],
        }
    }
    error = exceptions.format_http_response_error(FakeResponse(403), "GET", "https://x", body)
    assert "lacks the permission aiplatform.pipelineJobs.list" in answer_to(error, ACCOUNT)[1]


class FakeResponse(requests.Response):
    def __init__(self, status: int) -> None:
        super().__init__()
        self.status_code = status
