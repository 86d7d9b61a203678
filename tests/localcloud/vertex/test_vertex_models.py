"""The local Model Registry through Google's SDK: versions, aliases, labels."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest, MethodNotImplemented, NotFound

from components.shared.clients import vertex_sdk

PROJECT = "winter-days-test"


@pytest.fixture
def sdk(vertex: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.setenv("VERTEX_EMULATOR_HOST", f"127.0.0.1:{vertex.port}")
    yield vertex_sdk(PROJECT, "us-central1")


def upload(sdk: ModuleType, **more: Any) -> Any:
    arguments = {"display_name": "Churn", "artifact_uri": "gs://b/m", "serving_container_image_uri": "i"}
    return sdk.Model.upload(**arguments | more)


def versions(sdk: ModuleType, model_id: str) -> dict[str, set[str]]:
    registry = sdk.models.ModelRegistry(model_id)
    return {one.version_id: set(one.version_aliases) for one in registry.list_versions()}


def test_the_first_version_is_the_default_one(sdk: ModuleType) -> None:
    model = upload(sdk, model_id="first", version_aliases=["champion"], labels={"as-of": "2025-11-30"})
    assert model.version_id == "1"
    found = sdk.Model("first@champion")
    assert found.labels == {"as-of": "2025-11-30"}
    assert found.uri == "gs://b/m"
    assert versions(sdk, "first") == {"1": {"champion", "default"}}


def test_an_alias_moves_to_the_version_it_is_given(sdk: ModuleType) -> None:
    upload(sdk, model_id="moving", version_aliases=["champion"])
    second = upload(sdk, parent_model="moving", is_default_version=False, version_aliases=["champion"])
    assert versions(sdk, "moving") == {"1": {"default"}, second.version_id: {"champion"}}
    sdk.models.ModelRegistry("moving").add_version_aliases(["champion"], "1")
    assert versions(sdk, "moving") == {"1": {"champion", "default"}, "2": set()}
    sdk.models.ModelRegistry("moving").remove_version_aliases(["champion"], "1")
    assert versions(sdk, "moving")["1"] == {"default"}


def test_models_are_listed_by_their_default_versions(sdk: ModuleType) -> None:
    upload(sdk, model_id="listed-1", display_name="Leaving", labels={"for": "listing"})
    upload(
        sdk, parent_model="listed-1", display_name="Leaving", labels={"for": "listing"}, description="later"
    )
    upload(sdk, model_id="listed-2", display_name="Staying", labels={"for": "listing"})

    def found(expression: str, **more: str) -> list[tuple[str, str]]:
        return [(one.name, one.version_id) for one in sdk.Model.list(filter=expression, **more)]

    assert found('labels.for="listing"') == [("listed-2", "1"), ("listed-1", "2")]
    assert found('labels.for="listing"', order_by="create_time") == [("listed-1", "2"), ("listed-2", "1")]
    assert found('labels.for="listing" AND display_name="Leaving"') == [("listed-1", "2")]
    assert found('model="listed-2"') == [("listed-2", "1")]
    assert {name for name, _ in found("")} >= {"listed-1", "listed-2"}
    assert sdk.Model.list(location="europe-west1") == []
    with pytest.raises(BadRequest, match="cannot be parsed at 'state=1': use comparisons of model, display_"):
        found("state=1")


def test_what_is_missing_is_not_found(sdk: ModuleType) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        sdk.Model("nothing")
    upload(sdk, model_id="lonely")
    with pytest.raises(NotFound, match="has no version 'champion'"):
        sdk.Model("lonely@champion")


def test_what_is_wrong_is_named(sdk: ModuleType) -> None:
    upload(sdk, model_id="taken")
    with pytest.raises(BadRequest, match="already exists: pass it as parent_model"):
        upload(sdk, model_id="taken")
    with pytest.raises(BadRequest, match="has no version"):
        upload(sdk, parent_model="unknown")
    with pytest.raises(BadRequest, match="label 'Upper' is not valid"):
        upload(sdk, model_id="labels", labels={"a": "Upper"})
    with pytest.raises(MethodNotImplemented, match="DeleteModelVersion is not supported"):
        sdk.models.ModelRegistry("taken").delete_version("1")


def test_a_deleted_model_is_gone_with_its_versions(sdk: ModuleType) -> None:
    for name in ("leaving", "staying"):
        upload(sdk, model_id=name)
        upload(sdk, parent_model=name)
    sdk.Model("leaving").delete()
    with pytest.raises(NotFound, match="does not exist"):
        sdk.Model("leaving")
    assert versions(sdk, "staying") == {"1": set(), "2": {"default"}}
    assert upload(sdk, model_id="leaving").version_id == "1"


def test_versions_outlive_the_server(own_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("1", "2"):
        with own_server() as server:
            monkeypatch.setenv("VERTEX_EMULATOR_HOST", f"127.0.0.1:{server.port}")
            sdk = vertex_sdk(PROJECT, "us-central1")
            where = {"model_id": "kept"} if version == "1" else {"parent_model": "kept"}
            assert upload(sdk, **where).version_id == version
