"""Compilation results: the official compiler's graph of a workspace or a commit, stored unchanged."""

import json
import re
import uuid
from typing import Any

from google.api_core import exceptions
from google.cloud import dataform_v1 as api
from google.protobuf import json_format

from localcloud.dataform.compiled_actions import compiled_actions, target
from localcloud.dataform.official_tool import Json, OfficialTool
from localcloud.dataform.repositories import commit_tree, resolve_commitish
from localcloud.dataform.store import Store, now, page, refuse_unsupported, write_atomically
from localcloud.dataform.trees import Tree
from localcloud.dataform.workspaces import Workspaces

_SUPPORTED = {"name", "workspace", "git_commitish", "code_compilation_config", "create_time"}
_SUPPORTED_CONFIG = {
    "default_database",
    "default_schema",
    "default_location",
    "assertion_schema",
    "vars",
    "database_suffix",
    "schema_suffix",
    "table_prefix",
    "builtin_assertion_name_prefix",
}
_AFFIXES = ("database_suffix", "schema_suffix", "table_prefix", "builtin_assertion_name_prefix")


class Compilations:
    """The RPCs on compilation results, which are immutable."""

    def __init__(self, store: Store, workspaces: Workspaces, tool: OfficialTool, keep: int) -> None:
        """Keep the newest `keep` results of each repository."""
        self._store = store
        self._keep = keep
        self._tool = tool
        self._workspaces = workspaces

    def create_compilation_result(self, request: api.CreateCompilationResultRequest) -> api.CompilationResult:
        """Compile a workspace or a commit; compilation errors of the project are inside the result."""
        self._store.require(request.parent)
        result = request.compilation_result
        refuse_unsupported(result, _SUPPORTED)
        override = _project_config(result.code_compilation_config)
        graph = self._tool.compile(self._source(request.parent, result), override)
        result.name = f"{request.parent}/compilationResults/{uuid.uuid4()}"
        result.create_time = now()
        result.dataform_core_version = graph.get("dataformCoreVersion", "")
        result.compilation_errors = [_compilation_error(error) for error in graph_errors(graph)]
        write_atomically(self._store.folder(result.name) / "graph.json", json.dumps(graph))
        self._store.create(result)
        self._store.keep_first(self._keep, self._newest_first(request.parent))
        return result

    def _source(self, repository: str, result: api.CompilationResult) -> Tree:
        if result.workspace:
            if not result.workspace.startswith(f"{repository}/workspaces/"):
                raise exceptions.InvalidArgument(f"{result.workspace} is not a workspace of {repository}")
            return self._workspaces.files(result.workspace)
        if result.git_commitish:
            folder = self._store.folder(repository)
            result.resolved_git_commit_sha = resolve_commitish(folder, result.git_commitish)
            return commit_tree(folder, result.resolved_git_commit_sha)
        raise exceptions.InvalidArgument("a compilation result needs a workspace or a git_commitish")

    def get_compilation_result(self, request: api.GetCompilationResultRequest) -> api.CompilationResult:
        """Return a compilation result."""
        return self._store.get(api.CompilationResult, request.name)

    def list_compilation_results(
        self, request: api.ListCompilationResultsRequest
    ) -> api.ListCompilationResultsResponse:
        """Return a repository's compilation results, newest first."""
        self._store.require(request.parent)
        found, token = page(self._newest_first(request.parent), request)
        return api.ListCompilationResultsResponse(compilation_results=found, next_page_token=token)

    def _newest_first(self, repository: str) -> list[api.CompilationResult]:
        results = self._store.children(api.CompilationResult, repository, "compilationResults")
        return sorted(results, key=_creation_time, reverse=True)

    def query_compilation_result_actions(
        self, request: api.QueryCompilationResultActionsRequest
    ) -> api.QueryCompilationResultActionsResponse:
        """Return the actions of the project, as compiled."""
        found, token = page(list(compiled_actions(self.graph(request.name))), request)
        return api.QueryCompilationResultActionsResponse(
            compilation_result_actions=found, next_page_token=token
        )

    def graph(self, name: str) -> Json:
        """Return the compiled graph of a compilation result."""
        graph: Json = json.loads((self._store.require(name) / "graph.json").read_text())
        return graph


def _creation_time(result: api.CompilationResult) -> int:
    nanoseconds: int = type(result).pb(result).create_time.ToNanoseconds()
    return nanoseconds


def graph_errors(graph: Json) -> list[Json]:
    """Return the compilation errors inside a graph."""
    errors: list[Json] = graph.get("graphErrors", {}).get("compilationErrors", [])
    return errors


def _project_config(config: api.CodeCompilationConfig) -> Json:
    refuse_unsupported(config, _SUPPORTED_CONFIG)
    for field in _AFFIXES:
        value: Any = getattr(config, field)
        if value and not re.fullmatch(r"[A-Za-z0-9_-]+", value):
            raise exceptions.InvalidArgument(f"{field} {value!r} may contain only letters, digits, _ and -")
    override: Json = json_format.MessageToDict(type(config).pb(config))
    return override


def _compilation_error(error: Json) -> api.CompilationResult.CompilationError:
    return api.CompilationResult.CompilationError(
        message=error.get("message", ""),
        stack=error.get("stack", ""),
        path=error.get("fileName", ""),
        action_target=target(error.get("actionTarget", {})),
    )
