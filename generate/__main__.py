"""Write every generated file, or check that those committed are up to date.

compiled/customer_churn_pipeline.json  the pipeline, from pipelines/
dataform/includes/contracts.js         the records, from contracts/
infra/tables/*.json                    steps' tables, from infra/tables/*.sql
sources/mapping.schema.json            the mapping's schema, for editors
docs/features.md                       what the model reads, from SQL and Python
docs/warehouse.md                      tables and lineage, from dataform/
docs/access.md                         who may do what, from infra/*.tf
docs/sizing.md                         machines, shards and limits, from
                                       pipelines/sizes.py, infra/cost/quotas.py
docs/commands.md                       every command, from its --help
docs/settings.md                       settings, from pipelines/, orchestrator/
                                       and infra/
docs/orchestrator.md                   the orchestrator's API, from its OpenAPI

examples:
  python -m generate           writes what is stale: make generate
  python -m generate --check   fails with a diff where something is stale
"""

import argparse
import difflib
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from generate import contract_columns
from infra import tables
from infra.cost import quotas
from pipelines import sizes
from sources import mapping

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- begin: make generate{} -->", "<!-- end: make generate{} -->"
type Texts = dict[Path, str]


def _pipeline() -> Texts:
    from pipelines.compile import compiled_text  # kfp takes seconds to import
    from pipelines.specification import COMPILED

    return {COMPILED: compiled_text()}


def _warehouse() -> Texts:
    from generate.warehouse_page import PAGE, compile_definitions, page

    return {PAGE: page(compile_definitions())}


def _features() -> Texts:
    from generate.features_page import PAGE, page

    return {PAGE: page()}


def _commands() -> Texts:
    from generate.commands_page import PAGE, page

    return {PAGE: page()}


def _settings() -> Texts:
    from generate import api_page, settings_page
    from pipelines.compile import compiled_text

    specification = compiled_text()
    api = api_page.page(api_page.description(specification))
    return {settings_page.PAGE: settings_page.page(specification), api_page.PAGE: api}


def _access() -> Texts:
    from generate.access_page import PAGE, page, without_reason

    if not shutil.which("terraform"):
        print("docs/access.md is left as it is: the terraform program is not installed", file=sys.stderr)
        return {}
    text = page()
    for line in without_reason(text):
        print(f"say why in docs/access.md: {line}", file=sys.stderr)
    return {PAGE: text}


def _sizing() -> Texts:
    page = ROOT / "docs" / "sizing.md"
    text = page.read_text(encoding="utf-8")
    for name, table in (("", sizes.table()), (" limits", quotas.table())):
        begin, end = BEGIN.format(name), END.format(name)
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"
    return {page: text}


def _mapping_schema() -> Texts:
    return {mapping.SCHEMA: json.dumps(mapping.schema(), indent=2) + "\n"}


# The order matters: the warehouse page is compiled from definitions that read contracts.js.
type Maker = Callable[[], Texts]
MAKERS: tuple[Maker, ...] = (
    _pipeline,
    contract_columns.files,
    tables.files,
    _mapping_schema,
    _features,
    _warehouse,
    _access,
    _sizing,
    _commands,
    _settings,
)


def write() -> Iterator[Path]:
    """Write each stale file, and yield its path."""
    for make in MAKERS:
        for path, text in make().items():
            if _read_current(path) != text:
                path.write_text(text, encoding="utf-8")
                yield path


def diff_stale() -> Iterator[str]:
    """Yield the diff of each file that differs from what the code generates."""
    for make in MAKERS:
        for path, text in make().items():
            if (standing := _read_current(path)) != text:
                name = path.relative_to(ROOT).as_posix()
                lines = (standing.splitlines(keepends=True), text.splitlines(keepends=True))
                yield "".join(difflib.unified_diff(*lines, f"{name} (committed)", f"{name} (made)", n=2))


def _read_current(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main(words: list[str] | None = None) -> int:
    """Run the command; return 1 when --check finds a stale file."""
    parser = argparse.ArgumentParser(
        "python -m generate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args(words).check:
        for path in write():
            print(f"wrote {path.relative_to(ROOT)}")
        return 0
    diffs = list(diff_stale())
    sys.stderr.writelines(diffs)
    if diffs:
        print("generated files are stale: run make generate", file=sys.stderr)
    return int(bool(diffs))


if __name__ == "__main__":
    sys.exit(main())
