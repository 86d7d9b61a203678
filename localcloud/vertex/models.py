"""The calls of ModelService that the local Vertex AI supports: models, their versions and aliases."""

import re
import uuid
from pathlib import Path

from google.api_core import exceptions
from google.cloud import aiplatform_v1 as api
from google.longrunning import operations_pb2  # type: ignore[import-untyped]
from google.protobuf import any_pb2, empty_pb2
from google.protobuf.message import Message

from localcloud.resources import Store, now, page, refuse_unsupported
from localcloud.rest import raw
from localcloud.vertex.filters import Fields, compile_filter, sort_resources

_ID = r"[a-z0-9][a-z0-9_-]{0,62}"
_PARENT = re.compile(r"projects/[a-z0-9][a-z0-9.:-]*/locations/[a-z0-9-]+")
_NAMES = re.compile(rf"{_PARENT.pattern}/models/{_ID}@[0-9]+")
_LABEL = re.compile(r"[a-z0-9_-]{0,63}")
_ALIAS = re.compile(r"[a-z][a-zA-Z0-9-]{0,126}[a-z0-9]")
_DEFAULT = "default"
_LISTED_BY = {"parent", "filter", "order_by", "page_size", "page_token"}
_FIELDS = Fields(
    ("create_time", "update_time"),
    {
        "model": lambda model: model.name.rpartition("/")[2],
        "display_name": lambda model: str(model.display_name),
    },
)
_PAGE_SIZE = 50
_SUPPORTED = {
    "display_name",
    "description",
    "version_description",
    "version_aliases",
    "artifact_uri",
    "labels",
    "container_spec",  # stored, but nothing is deployed here
}


class ModelService:
    """The RPCs on models; each version is stored separately, and a model consists of its versions."""

    def __init__(self, root: Path) -> None:
        """Store models under a folder, where an earlier server may have left some."""
        self._store = Store(root.resolve(), _NAMES)

    def upload_model(self, request: api.UploadModelRequest) -> operations_pb2.Operation:
        """Store a model's first version, or a new version of parent_model; the operation is already done."""
        model = request.model
        refuse_unsupported(model, _SUPPORTED)
        _check(model)
        with self._store.lock:
            name = request.parent_model or f"{request.parent}/models/{request.model_id or uuid.uuid4().hex}"
            versions = self._versions(name)
            if bool(versions) != bool(request.parent_model):
                exists = "already exists: pass it as parent_model to add a version"
                problem = "has no version" if request.parent_model else exists
                raise exceptions.InvalidArgument(f"{name} {problem}")
            model.version_id = str(1 + max((int(one.version_id) for one in versions), default=0))
            model.create_time = model.update_time = model.version_create_time = now()
            model.version_update_time = model.version_create_time
            aliases = list(model.version_aliases) + ([] if versions else [_DEFAULT])
            model.version_aliases = []
            self._put(name, model)
            self._assign_aliases(name, model.version_id, aliases)
        uploaded = api.UploadModelResponse(model=name, model_version_id=model.version_id)
        return _operation(f"{request.parent}/operations/{uuid.uuid4()}", raw(uploaded))

    def get_model(self, request: api.GetModelRequest) -> api.Model:
        """Return the version that name@version or name@alias names, or the default version."""
        name, _, wanted = request.name.partition("@")
        for version in self._require_versions(name):
            if (wanted or _DEFAULT) in (version.version_id, *version.version_aliases):
                return version
        raise exceptions.NotFound(f"{name} has no version {wanted!r}")

    def list_models(self, request: api.ListModelsRequest) -> api.ListModelsResponse:
        """Return the default version of each model in a location, newest first by default."""
        refuse_unsupported(request, _LISTED_BY)
        if not _PARENT.fullmatch(request.parent):
            raise exceptions.InvalidArgument(f"{request.parent!r} is not a location name")
        matches = compile_filter(_FIELDS, request.filter)
        versions = self._store.everywhere(api.Model, f"{request.parent}/models/*@*")
        models = [version for version in versions if _DEFAULT in version.version_aliases]
        for model in models:
            model.name = model.name.partition("@")[0]
        found = sort_resources(_FIELDS, [model for model in models if matches(model)], request.order_by)
        models, token = page(found, request, _PAGE_SIZE)
        return api.ListModelsResponse(models=models, next_page_token=token)

    def delete_model(self, request: api.DeleteModelRequest) -> operations_pb2.Operation:
        """Delete a model with all its versions; the operation is already done."""
        with self._store.lock:
            for version in self._require_versions(request.name):
                self._store.delete(f"{request.name}@{version.version_id}")
        parent = request.name.rpartition("/models/")[0]
        return _operation(f"{parent}/operations/{uuid.uuid4()}", empty_pb2.Empty())

    def list_model_versions(self, request: api.ListModelVersionsRequest) -> api.ListModelVersionsResponse:
        """Return a model's versions, oldest first."""
        if request.filter or request.order_by:
            raise exceptions.MethodNotImplemented("listing versions supports neither filter nor order_by")
        versions, token = page(self._require_versions(request.name.partition("@")[0]), request, _PAGE_SIZE)
        return api.ListModelVersionsResponse(models=versions, next_page_token=token)

    def all_versions(self) -> list[api.Model]:
        """Return every version of every model, each with the name MODEL@NUMBER."""
        return self._store.everywhere(api.Model, "projects/*/locations/*/models/*@*")

    def merge_version_aliases(self, request: api.MergeVersionAliasesRequest) -> api.Model:
        """Assign aliases to a version, moving them from others, and remove those that start with '-'."""
        name = request.name.partition("@")[0]
        with self._store.lock:
            version = self.get_model(api.GetModelRequest(name=request.name))
            self._assign_aliases(name, version.version_id, list(request.version_aliases))
            return self.get_model(api.GetModelRequest(name=f"{name}@{version.version_id}"))

    def _assign_aliases(self, name: str, version_id: str, aliases: list[str]) -> None:
        given = {alias for alias in aliases if not alias.startswith("-")}
        taken = {alias[1:] for alias in aliases if alias.startswith("-")}
        for alias in given | taken:
            if not _ALIAS.fullmatch(alias):
                raise exceptions.InvalidArgument(
                    f"alias {alias!r} is not valid: it must match {_ALIAS.pattern}"
                )
        for version in self._versions(name):
            mine = version.version_id == version_id
            kept = set(version.version_aliases) - (taken if mine else given)
            version.version_aliases = sorted(kept | given if mine else kept)
            self._put(name, version)

    def _require_versions(self, name: str) -> list[api.Model]:
        versions = self._versions(name)
        if not versions:
            raise exceptions.NotFound(f"{name} does not exist")
        return versions

    def _versions(self, name: str) -> list[api.Model]:
        found = self._store.everywhere(api.Model, f"{name}@*")
        for version in found:
            version.name = name
        return sorted(found, key=lambda version: int(version.version_id))

    def _put(self, name: str, version: api.Model) -> None:
        stored = api.Model()
        raw(stored).CopyFrom(raw(version))
        stored.name = f"{name}@{version.version_id}"
        self._store.put(stored)


def _check(model: api.Model) -> None:
    """Raise InvalidArgument that says what is wrong with a new version."""
    if not model.display_name:
        raise exceptions.InvalidArgument("model.display_name is required")
    for text in [text for label in model.labels.items() for text in label]:
        if not _LABEL.fullmatch(text):
            raise exceptions.InvalidArgument(
                f"label {text!r} is not valid: use at most 63 lower-case letters, digits, _ and -"
            )


def _operation(name: str, result: Message) -> operations_pb2.Operation:
    """Return an operation that is done, with its result."""
    response = any_pb2.Any()
    response.Pack(result)
    return operations_pb2.Operation(name=name, done=True, response=response)
