"""Serve Google's REST APIs: find the call, parse its message, return its response or error.

The table of calls is taken from Google's own client, so that a call that the client knows but the stand-in
does not support is refused by name.
"""

import errno
import importlib
import json
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

from google.api_core import exceptions
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

type Json = dict[str, Any]
type Handler = Callable[[Any], Any]

_VARIABLE = re.compile(r"\{([\w.]+)=([^}]+)\}")
_METHODS = ["GET", "POST", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Client:
    """One of Google's client libraries: its product's name, its messages, the bases of its REST transports.

    same_as_v1 names the other API versions whose calls are answered like those of v1, unlike_v1 the versions
    whose calls are refused. Calls to the library's services without a transport here are refused by name.
    """

    product: str
    messages: ModuleType
    transports: tuple[type, ...]
    same_as_v1: tuple[str, ...] = ()
    unlike_v1: tuple[str, ...] = ()

    def other_calls(self) -> Iterator["Call"]:
        """Yield the calls of the library's other services, which take long to import."""
        services = importlib.import_module(f"{self.messages.__name__}.services")
        for service in pkgutil.iter_modules(services.__path__):
            base = importlib.import_module(f"{services.__name__}.{service.name}.transports.rest_base")
            yield from _known_calls(
                tuple(one for name, one in vars(base).items() if name.startswith("_Base"))
            )


@dataclass(frozen=True)
class Call:
    """One way to call an RPC: an HTTP method, a pattern for the path, and the field that the body fills."""

    rpc: str
    method: str
    pattern: re.Pattern[str]
    fields: tuple[str, ...]
    body: str | None

    @property
    def handler_name(self) -> str:
        """The RPC's name in snake case: write_file for WriteFile."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.rpc).lower()


def _known_calls(transports: tuple[type, ...]) -> Iterator[Call]:
    """Yield every call that the client library can send."""
    for rpc, base in [item for transport in transports for item in vars(transport).items()]:
        if hasattr(base, "_get_http_options"):
            for option in base._get_http_options():
                yield _call(rpc.removeprefix("_Base"), option)


def _call(rpc: str, option: dict[str, str]) -> Call:
    uri = option["uri"]
    fields = tuple(name for name, _ in _VARIABLE.findall(uri))
    pattern = ""
    for literal, template in re.findall(r"([^{]*)(?:\{[\w.]+=([^}]+)\})?", uri):
        pattern += re.escape(literal) + (f"({template.replace('*', '[^/]+')})" if template else "")
    return Call(rpc, option["method"].upper(), re.compile(pattern), fields, option.get("body"))


class Api:
    """Answers HTTP requests with the methods of the given services, named after the RPCs of a client."""

    def __init__(self, client: Client, *services: object) -> None:
        self._client = client
        self._services = services
        # Longest pattern first: an id could contain the ":verb" of another call.
        self._calls = sorted(_known_calls(client.transports), key=lambda call: -len(call.pattern.pattern))

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes) -> tuple[int, Json]:
        """Return the HTTP status and the JSON of the response, or of an error in google.rpc's form."""
        try:
            call, values = self._find(method, path)
            handler = self._handler(call)
            request = getattr(self._client.messages, f"{call.rpc}Request")()
            message = handler(_fill_message(request, call, values, query, body))
        except exceptions.GoogleAPICallError as error:
            return _error(error)
        except OSError as error:  # a resource is a folder here, named after it
            if error.errno != errno.ENAMETOOLONG:
                raise
            return _error(
                exceptions.InvalidArgument(f"{call.rpc}: a part of a name is longer than 255 bytes")
            )
        return 200, _to_json(message, as_numbers="enum-encoding=int" in query.get("$alt", ""))

    def routes(self) -> list[Route]:
        """Return the routes of the API's versions, and of GET /healthz, which answers once it is ready."""

        async def answer(request: Request) -> JSONResponse:
            path = f"/v1/{request.path_params['path']}"
            asked = (request.method, path, dict(request.query_params), await request.body())
            status, content = await run_in_threadpool(self.answer, *asked)
            return JSONResponse(content, status)

        async def healthy(_: Request) -> JSONResponse:
            return JSONResponse({"status": "ok"})

        async def refuse(request: Request) -> JSONResponse:
            version = request.url.path.split("/")[1]
            refusal = f"{version} is not supported by the local {self._client.product}: use v1"
            status, content = _error(exceptions.MethodNotImplemented(refusal))
            return JSONResponse(content, status)

        versions = dict.fromkeys(("v1", *self._client.same_as_v1), answer)
        versions |= dict.fromkeys(self._client.unlike_v1, refuse)
        calls = [Route(f"/{name}/{{path:path}}", how, methods=_METHODS) for name, how in versions.items()]
        return [Route("/healthz", healthy), *calls]

    @cached_property
    def _others(self) -> list[Call]:
        return list(self._client.other_calls())

    def _find(self, method: str, path: str) -> tuple[Call, tuple[str, ...]]:
        for call in self._calls:
            if call.method == method and (match := call.pattern.fullmatch(path)):
                return call, match.groups()
        for call in self._others:
            if call.method == method and call.pattern.fullmatch(path):
                raise self._unsupported(call)
        raise exceptions.NotFound(f"the {self._client.product} API has no call {method} {path}")

    def _handler(self, call: Call) -> Handler:
        for service in self._services:
            if handler := getattr(service, call.handler_name, None):
                found: Handler = handler
                return found
        raise self._unsupported(call)

    def _unsupported(self, call: Call) -> exceptions.MethodNotImplemented:
        return exceptions.MethodNotImplemented(
            f"{call.rpc} is not supported by the local {self._client.product}"
        )


def raw(message: Any) -> Any:
    """Return the protobuf message inside one of Google's wrapped messages."""
    return message if isinstance(message, Message) else type(message).pb(message)


def _fill_message(
    message: Any, call: Call, values: tuple[str, ...], query: dict[str, str], body: bytes
) -> Any:
    descriptor = raw(message).DESCRIPTOR
    content: Json = {}
    try:
        if call.body:
            sent = json.loads(body or b"{}")
            if not isinstance(sent, dict):
                raise ValueError("the body is not a JSON object")
            content = sent if call.body == "*" else {call.body: sent}
        for key, value in query.items():
            if not key.startswith("$"):
                content[key] = _convert_parameter(descriptor, key, value)
        json_format.ParseDict(content, raw(message))
    except RecursionError as error:
        raise exceptions.InvalidArgument(f"{call.rpc}: the body is nested too deeply") from error
    except (ValueError, json_format.ParseError) as error:
        raise exceptions.InvalidArgument(f"{call.rpc}: {error}") from error
    for field, value in zip(call.fields, values, strict=True):
        *parents, last = field.split(".")
        owner = message
        for parent in parents:
            owner = getattr(owner, parent)
        setattr(owner, last, value)
    return message


def _convert_parameter(descriptor: Any, key: str, value: str) -> Any:
    field = descriptor.fields_by_camelcase_name.get(key)
    if field is not None and field.type == FieldDescriptor.TYPE_BOOL:
        return value == "true"
    if field is not None and field.type == FieldDescriptor.TYPE_ENUM and value.isdigit():
        return int(value)
    return value


def _to_json(message: Any, as_numbers: bool) -> Json:
    if message is None:
        return {}
    return json_format.MessageToDict(raw(message), use_integers_for_enums=as_numbers)


def _error(error: exceptions.GoogleAPICallError) -> tuple[int, Json]:
    code = int(error.code or 500)
    status = error.grpc_status_code.name if error.grpc_status_code else "UNKNOWN"
    return code, {"error": {"code": code, "message": error.message, "status": status}}
