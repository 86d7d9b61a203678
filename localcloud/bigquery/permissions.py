"""testIamPermissions accepts a list within its list of permissions, as Google does; all are granted here."""

from itertools import chain

from local_bigquery.api import Router, iam
from local_bigquery.app import PREFIX, app
from local_bigquery.models import TestIamPermissionsRequest, TestIamPermissionsResponse
from pydantic import BaseModel


class Request(BaseModel):
    """The permissions that are asked for."""

    permissions: list[str | list[str]] = []


def accept_permission_lists() -> None:
    """Patch the engine accordingly. Call once per process."""
    router = Router()
    router.add_api_route(f"{PREFIX}{iam.RESOURCE}:testIamPermissions", _test_permissions, methods=["POST"])
    app.router.routes[:0] = router.routes


def _test_permissions(resource: str, body: Request) -> TestIamPermissionsResponse:
    lists = ([each] if isinstance(each, str) else each for each in body.permissions)
    flat = TestIamPermissionsRequest(permissions=list(chain.from_iterable(lists)))
    return iam.test_permissions(resource, flat)
