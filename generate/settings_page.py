"""docs/settings.md: what can be set, of a run, of the orchestrator and of a deployment."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from orchestrator.orders import RESERVED
from orchestrator.settings import ACCOUNTS, PREFIX, Settings

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "settings.md"
VARIABLE = re.compile(r'^variable "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
OPTIONAL = re.compile(r"^ +(\w+) += optional\(\w+, (.+?)\)(?: # (.*))?$", re.MULTILINE)
TYPES = {"STRING": "string", "NUMBER_INTEGER": "integer", "NUMBER_DOUBLE": "number", "BOOLEAN": "boolean"}
SHAPES = {"bool": "boolean", "set(string)": "set of strings", "any": "map"}
INTRODUCTION = """# Settings

Made by `make generate`: change a meaning where the setting is, not here.

A setting is read once, where the program begins, and what is unknown is refused. The local cloud has its own,
[localcloud.toml](../localcloud/README.md#localcloudtoml); the options of each program are among the
[commands](commands.md).
"""
OF_A_RUN = f"""## Parameters of the pipeline

A [trigger](orchestrator.md) sets them for a run, `{{"parameters": {{"horizon_days": 60}}}}`; the variable
`{PREFIX}PARAMETERS`, or Terraform's `pipeline_parameters`, for every run. They are defined in
`pipelines/customer_churn.py`. The orchestrator alone sets
{", ".join(f"`{name}`" for name in RESERVED)}.
"""
OF_THE_SERVICE = """## Variables of the orchestrator

From `orchestrator/settings.py`; in the cloud Terraform sets them.
"""
OF_A_DEPLOYMENT = """## Variables of Terraform

In `infra/envs/dev.tfvars` and `infra/envs/prod.tfvars`, or in `infra/own.auto.tfvars`, which git ignores
([deploying](deploy.md)). From `infra/variables.tf`, which also says what is refused.
"""
OF_THE_BOOTSTRAP = """## Variables of the bootstrap

Given once, as [deploying](deploy.md) shows. From `infra/bootstrap/main.tf`.
"""
HEADER = ["| Name | Type | Default | Meaning |", "|---|---|---|---|"]
type Row = tuple[str, str, str, str]


def page(specification: str) -> str:
    """Return the page, of the compiled pipeline's JSON and of what lies in this repository."""
    tables = (
        (OF_A_RUN, parameters(json.loads(specification))),
        (OF_THE_SERVICE, variables()),
        (OF_A_DEPLOYMENT, terraform((ROOT / "infra/variables.tf").read_text(encoding="utf-8"))),
        (OF_THE_BOOTSTRAP, terraform((ROOT / "infra/bootstrap/main.tf").read_text(encoding="utf-8"))),
    )
    return "\n".join([INTRODUCTION, *("\n".join([head, *_table(rows)]) for head, rows in tables)])


def parameters(specification: dict[str, Any]) -> Iterator[Row]:
    """Yield each parameter of the pipeline; raise ValueError for one whose meaning is not said."""
    for name, one in specification["root"]["inputDefinitions"]["parameters"].items():
        if "description" not in one:
            raise ValueError(f"the docstring in pipelines/customer_churn.py does not say what {name} is")
        yield name, TYPES[one["parameterType"]], _kfp_default(one), one["description"]


def variables() -> Iterator[Row]:
    """Yield each variable of the orchestrator; raise ValueError for one whose meaning is not said."""
    for name, field in Settings.model_fields.items():
        if not field.description:
            raise ValueError(f"orchestrator/settings.py does not say what {name} is")
        yield PREFIX + name.upper(), _type(field), _default(name, field), f"{field.description}."


def terraform(text: str) -> Iterator[Row]:
    """Yield each variable of a file of Terraform's, and each attribute of those that are objects."""
    for name, block in VARIABLE.findall(text):
        [meaning] = re.findall(r'^  description = "(.*)"$', block, re.MULTILINE)
        shape, *_ = re.findall(r"^  type += (.*?)(?: #.*)?$", block, re.MULTILINE)
        defaults = re.findall(r"^  default += (.*)$", block, re.MULTILINE)
        default = _code(defaults[0]) if defaults else "required"
        attributes = OPTIONAL.findall(block)
        yield name, "object" if attributes else _shape(shape), default, f"{meaning.rstrip('.')}."
        for attribute, usual, remark in attributes:
            yield (
                f"{name}.{attribute}",
                "",
                _code(usual),
                f"{remark[:1].upper()}{remark[1:]}{'.' if remark else ''}",
            )


def _kfp_default(parameter: dict[str, Any]) -> str:
    """Return a parameter's default; the specification has integers as 7.0."""
    default = parameter.get("defaultValue")
    if default is None:
        return "required"
    whole = parameter["parameterType"] == "NUMBER_INTEGER"
    return _code(json.dumps(int(default) if whole else default))


def _shape(shape: str) -> str:
    return "map of objects" if shape.startswith("map(object") else SHAPES.get(shape, shape)


def _type(field: FieldInfo) -> str:
    """Return the plain name of a field's type; what has none is written as a string."""
    plain: dict[Any, str] = {int: "integer", float: "number", bool: "boolean"}
    return "JSON object" if "Json" in str(field.metadata) else plain.get(field.annotation, "string")


def _default(name: str, field: FieldInfo) -> str:
    if name in ACCOUNTS:
        return _code(f"{ACCOUNTS[name]}@PROJECT.iam.gserviceaccount.com")
    if field.default is PydanticUndefined:
        return "required"
    plain = field.default
    return _code(str(plain).lower() if isinstance(plain, bool) else str(plain))


def _code(text: str) -> str:
    return f"`{text}`"


def _table(rows: Iterator[Row]) -> list[str]:
    lines = (
        f"| `{name}` | {kind} | {default} | {_plain(meaning)} |" for name, kind, default, meaning in rows
    )
    return [*HEADER, *lines, ""]


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return re.sub(r"([|<*])", r"\\\1", text)
