"""dataform/includes/contracts.js: the contracts in the form that Dataform's JavaScript reads."""

import json
from pathlib import Path
from typing import Any

from contracts.contract import REJECTS_ALWAYS_TOLERATED, Field, load, names

FILE = Path(__file__).parents[1] / "dataform" / "includes" / "contracts.js"
HEAD = "// Made by make generate from contracts/*.yaml: change a record there.\n"


def files() -> dict[Path, str]:
    """Return the text of the file by its path."""
    tolerated = f"REJECTS_ALWAYS_TOLERATED: {REJECTS_ALWAYS_TOLERATED}"
    records = "".join(map(_contract, names()))
    return {FILE: f"{HEAD}module.exports = {{\n  {tolerated},\n  RECORDS: {{\n{records}  }},\n}};\n"}


def _contract(name: str) -> str:
    lines = "".join(f"      {json.dumps(_field(field))},\n" for field in load(name).fields)
    return f"    {name}: [\n{lines}    ],\n"


def _field(field: Field) -> dict[str, Any]:
    """Return what the warehouse needs to know about a field, leaving out what does not apply."""
    facts = {
        "name": field.name,
        "type": field.type,
        "description": field.description,
        "critical": field.critical_data_element,
        "personal": bool(field.classification),
        "pseudonym": field.encrypted_name,
        "fold": field.transform_logic,
        "plausible": "plausible" in field.tags,
        "notNegative": "not_negative" in field.tags,
        "values": list(field.values),
    }
    return {name: value for name, value in facts.items() if value}
