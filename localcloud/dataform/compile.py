"""Print the compiled graph of a Dataform project as JSON."""

import argparse
import json
import sys
from pathlib import Path

from localcloud.dataform.compilations import graph_errors
from localcloud.dataform.install import NotInstalledError
from localcloud.dataform.official_tool import Json, OfficialTool, OfficialToolError
from localcloud.dataform.trees import read_tree


def main() -> int:
    """Print the graph; return 1 with a line for each compilation error or for what is missing."""
    example = "example:\n  python -m localcloud.dataform.compile dataform > graph.json"
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "python -m localcloud.dataform.compile", description=__doc__, epilog=example, formatter_class=raw
    )
    parser.add_argument("folder", type=Path, help="folder that contains workflow_settings.yaml")
    folder = parser.parse_args().folder
    try:
        graph = compile_folder(folder)
    except (NotInstalledError, OfficialToolError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if errors := graph_errors(graph):
        print("\n".join(f"{error.get('fileName')}: {error['message']}" for error in errors), file=sys.stderr)
        return 1
    print(json.dumps(graph))
    return 0


def compile_folder(folder: Path) -> Json:
    """Return the graph of a project's folder, including its compilation errors."""
    if not (folder / "workflow_settings.yaml").is_file():
        raise OfficialToolError(f"{folder} has no workflow_settings.yaml: give the project's folder")
    tool = OfficialTool()
    try:
        return tool.compile(read_tree(folder), {})
    finally:
        tool.close()


if __name__ == "__main__":
    sys.exit(main())
