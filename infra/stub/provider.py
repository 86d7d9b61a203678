"""A stand-in for Google's Terraform providers: it serves their real schema, and creates nothing.

Terraform talks to it as to any plugin, so names, types and values are checked against the schema and, when
applied, against what Google is known to refuse (rules.py). What Google would compute is unknown in a plan, as
with the real providers, and made up on apply.

python -m infra.stub.provider COMMAND...   runs a command that finds the providers
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import msgpack

from infra.stub.protocol import message
from infra.stub.rules import refusals

type Json = dict[str, Any]

FOLDER = Path(__file__).parent
SCHEMAS = ("google.json", "google-beta.json")
UNKNOWN = msgpack.ExtType(0, b"\0")
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
ERROR = 1
PROVIDER_ATTRIBUTES = {
    "project": "string",
    "region": "string",
    "billing_project": "string",
    "user_project_override": "bool",
    "default_labels": ["map", "string"],
}
# What Google would compute from a resource's arguments, as far as anything here reads it.
PLANNED = {
    "google_service_account": {
        "email": "{account_id}@{project}.iam.gserviceaccount.com",
        "member": "serviceAccount:{account_id}@{project}.iam.gserviceaccount.com",
    },
}
MADE = {
    "google_service_account": {"name": "projects/{project}/serviceAccounts/{email}"},
    "google_project_service_identity": {
        "email": "service-123456789012@gcp-sa-dataform.iam.gserviceaccount.com",
        "member": "serviceAccount:service-123456789012@gcp-sa-dataform.iam.gserviceaccount.com",
    },
    "google_project_iam_custom_role": {"name": "projects/{project}/roles/{role_id}"},
    "google_cloud_run_v2_job": {"id": "projects/{project}/locations/{location}/jobs/{name}"},
    "google_cloud_run_v2_service": {"uri": "https://{name}-a1b2c3d4e5-uc.a.run.app"},
    "google_dataform_repository": {"id": "projects/{project}/locations/{region}/repositories/{name}"},
    "google_iam_workload_identity_pool": {
        "name": "projects/123456789012/locations/global/workloadIdentityPools/{workload_identity_pool_id}"
    },
}


class Provider:
    """The RPCs of one provider; `schema` is a file that tests/infra/extract_schema.py wrote."""

    def __init__(self, schema: Json, members: set[str]) -> None:
        """Serve a schema; members are the existing accounts, shared by both providers."""
        self.resources, self.members = schema["resources"], members
        self.project = ""

    def get_schema(self, _: Any) -> Json:
        provider = {"attributes": {n: {"type": t, "optional": True} for n, t in PROVIDER_ATTRIBUTES.items()}}
        entries = [{"key": name, "value": _schema(each["block"])} for name, each in self.resources.items()]
        return {"provider": _schema(provider), "resource_schemas": entries}

    def validate_provider(self, _: Any) -> Json:
        return {}

    def validate_resource(self, request: Any) -> Json:
        config, block = _decode(request.config), self.resources[request.type_name]["block"]
        return {
            "diagnostics": [
                {"severity": ERROR, "summary": text, "attribute": {"steps": [{"attribute_name": path[0]}]}}
                for path, text in _faults(block, config)
            ]
        }

    def configure(self, request: Any) -> Json:
        self.project = _decode(request.config)["project"]
        return {}

    def upgrade(self, request: Any) -> Json:
        return {"upgraded_state": {"json": request.raw_state.json}}

    def read(self, request: Any) -> Json:
        return {"new_state": {"msgpack": request.current_state.msgpack}}

    def plan(self, request: Any) -> Json:
        wanted, kind = _decode(request.proposed_new_state), request.type_name
        if wanted is None:
            return {"planned_state": _encode(None)}
        known = wanted | {"project": wanted.get("project") or self.project}
        made = _fill(PLANNED.get(kind, {}), known)

        def choose(name: str, _: Json, value: Any) -> Any:
            if value is not None:
                return value
            return made.get(name, self.project if name == "project" else UNKNOWN)

        return {"planned_state": _encode(_walk(self.resources[kind]["block"], wanted, choose))}

    def apply(self, request: Any) -> Json:
        planned, kind = _decode(request.planned_state), request.type_name
        if planned is None:
            return {"new_state": _encode(None)}
        made = _fill(MADE.get(kind, {}), planned)

        def choose(name: str, attribute: Json, value: Any) -> Any:
            return made.get(name, _made_up(kind, name, attribute)) if value is UNKNOWN else value

        state = _walk(self.resources[kind]["block"], planned, choose)
        refused = self.refusals(kind, state)
        return {
            "new_state": _encode(state) if not refused else {"msgpack": request.prior_state.msgpack},
            "diagnostics": [{"severity": ERROR, "summary": text} for text in refused],
        }

    def refusals(self, kind: str, values: Json) -> list[str]:
        """Return why Google would refuse a resource; remember its account for bindings that name it."""
        if kind in ("google_service_account", "google_project_service_identity"):
            self.members.add(values["member"])
        return [*refusals(kind, values), *self._strangers(kind, values)]

    def _strangers(self, kind: str, values: Json) -> Iterator[str]:
        """Yield an error for a binding to a service account that does not exist."""
        member = values.get("member") if kind.endswith("_iam_member") else None
        if member and member.startswith("serviceAccount:") and member not in self.members:
            yield f"Error 400: Service account {member.partition(':')[2]} does not exist."


def _schema(block: Json) -> Json:
    return {"version": 0, "block": _block(block)}


def _block(block: Json) -> Json:
    flags = ("required", "optional", "computed")
    return {
        "attributes": [
            {
                "name": n,
                "type": json.dumps(a["type"]).encode(),
                **{flag: a.get(flag, False) for flag in flags},
            }
            for n, a in sorted(block["attributes"].items())
        ],
        "block_types": [
            {
                "type_name": name,
                "block": _block(nested["block"]),
                "nesting": NESTING[nested["nesting_mode"]],
                "min_items": nested.get("min_items", 0),
                "max_items": nested.get("max_items", 0),
            }
            for name, nested in sorted(block.get("block_types", {}).items())
        ],
    }


def _encode(value: Any) -> Json:
    return {"msgpack": msgpack.packb(value)}


def _decode(value: Any) -> Any:
    return msgpack.unpackb(value.msgpack, ext_hook=lambda *_: UNKNOWN, strict_map_key=False)


def _fill(templates: dict[str, str], values: Json) -> dict[str, str]:
    return {name: template.format_map(values) for name, template in templates.items()}


def _walk(block: Json, value: Any, choose: Callable[[str, Json, Any], Any]) -> Any:
    """Return a value with each computed attribute, by its schema, replaced by the result of choose()."""
    if not isinstance(value, dict):
        return value
    out = dict(value)
    for name, attribute in block["attributes"].items():
        if attribute.get("computed"):
            out[name] = choose(name, attribute, value.get(name))
    for name, nested in block.get("block_types", {}).items():
        inner = value.get(name)
        if isinstance(inner, list):
            out[name] = [_walk(nested["block"], each, choose) for each in inner]
        else:
            out[name] = _walk(nested["block"], inner, choose)
    return out


def _made_up(kind: str, name: str, attribute: Json) -> Any:
    outer = attribute["type"] if isinstance(attribute["type"], str) else attribute["type"][0]
    made: Json = {"string": f"{kind}-{name}", "number": 0, "bool": False, "list": [], "set": [], "map": {}}
    return made[outer]


def _faults(block: Json, value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield (path, text) for each value that is not among those that the documentation lists."""
    if not isinstance(value, dict):
        return
    for name, attribute in block["attributes"].items():
        given, allowed = value.get(name), attribute.get("values")
        if allowed and isinstance(given, str) and given not in allowed:
            yield (*path, name), f"{name} is {given!r}: it must be one of {', '.join(allowed)}"
    for name, nested in block.get("block_types", {}).items():
        inner = value.get(name)
        for each in inner if isinstance(inner, list) else [inner]:
            yield from _faults(nested["block"], each, (*path, name))


type Method = Callable[[Provider, Any], Json]
METHODS: dict[str, tuple[Method, str, str]] = {
    "GetProviderSchema": (Provider.get_schema, "Nothing", "GetSchemaResponse"),
    "ValidateProviderConfig": (Provider.validate_provider, "Nothing", "ValidateProviderResponse"),
    "ValidateResourceConfig": (Provider.validate_resource, "ValidateRequest", "ValidateResponse"),
    "ConfigureProvider": (Provider.configure, "ConfigureRequest", "ConfigureResponse"),
    "UpgradeResourceState": (Provider.upgrade, "UpgradeRequest", "UpgradeResponse"),
    "ReadResource": (Provider.read, "ReadRequest", "ReadResponse"),
    "PlanResourceChange": (Provider.plan, "PlanRequest", "PlanResponse"),
    "ApplyResourceChange": (Provider.apply, "ApplyRequest", "ApplyResponse"),
    "StopProvider": (lambda *_: {}, "Nothing", "Nothing"),
}


def _handler(provider: Provider, method: Method, request: str, response: str) -> grpc.RpcMethodHandler:
    answer = message(response)
    return grpc.unary_unary_rpc_method_handler(
        lambda asked, _: answer(**method(provider, asked)),
        request_deserializer=message(request).FromString,
        response_serializer=answer.SerializeToString,
    )


def _server(schema: Json, address: str, members: set[str]) -> grpc.Server:
    provider = Provider(schema, members)
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", -1)])
    handlers = {name: _handler(provider, *method) for name, method in METHODS.items()}
    nothing = grpc.unary_unary_rpc_method_handler(lambda *_: b"")
    silence = grpc.unary_stream_rpc_method_handler(lambda *_: iter(()))
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("tfplugin6.Provider", handlers),
            grpc.method_handlers_generic_handler("plugin.GRPCController", {"Shutdown": nothing}),
            grpc.method_handlers_generic_handler("plugin.GRPCStdio", {"StreamStdio": silence}),
        )
    )
    server.add_insecure_port(f"unix://{address}")
    server.start()
    return server


@contextmanager
def providers() -> Iterator[dict[str, str]]:
    """Serve the providers, and yield the environment in which Terraform finds them and seeks no others."""
    with tempfile.TemporaryDirectory() as folder:
        servers: list[grpc.Server] = []
        places: Json = {}
        members: set[str] = set()
        for file in SCHEMAS:
            schema = json.loads((FOLDER / file).read_text())
            address = f"{folder}/{file}.sock"
            servers.append(_server(schema, address, members))
            places[schema["name"]] = {
                "Protocol": "grpc",
                "ProtocolVersion": 6,
                "Pid": os.getpid(),
                "Test": True,
                "Addr": {"Network": "unix", "String": address},
            }
        try:
            yield {
                "TF_REATTACH_PROVIDERS": json.dumps(places),
                "TF_CLI_CONFIG_FILE": os.devnull,
                "TF_IN_AUTOMATION": "1",
                "CHECKPOINT_DISABLE": "1",
            }
        finally:
            for server in servers:
                server.stop(0).wait()


if __name__ == "__main__":
    import subprocess

    with providers() as environment:
        sys.exit(subprocess.call(sys.argv[1:], env=os.environ | environment))
