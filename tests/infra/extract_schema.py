"""Write the schema of a Terraform provider, reduced to our resources, from a wheel of code generated from it.

No provider registry is needed: the wheels cdktn-provider-google and cdktn-provider-google-beta hold the whole
schema as generated JavaScript, and this parses the few constructs that the generator writes.

python tests/infra/extract_schema.py WHEEL OUTPUT.json RESOURCE...
"""

import io
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

CLASS = re.compile(r"^class (\w+) extends cdktn\.(\w+) \{\n(.*?)^\}", re.S | re.M)
FIELD = re.compile(
    r"^    // (\w+) - computed: (true|false), optional: (true|false), required: (true|false)\n"
    r"(.*?)(?=^    // \w+ - computed|\Z)",
    re.S | re.M,
)
ATTRIBUTE = re.compile(
    r"^ {8,12}(\w+): \{\n\s+value: .*?,\n\s+isBlock: (true|false),\n"
    r'\s+type: "(\w+)",\n\s+storageClassType: "(\w+)"',
    re.S | re.M,
)
TO_HCL = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}", re.S | re.M)
RESOURCE_TYPE = re.compile(r'static tfResourceType = "([\w-]+)"')
INTERFACE = re.compile(r"^export interface (\w+).*?\{\n(.*?)^\}", re.S | re.M)
COMMENT = re.compile(r"/\*\*((?:(?!\*/).)*?)\*/\s+readonly \w+\??:", re.S)
LINK = re.compile(r"Docs at Terraform Registry: \{@link \S+#(\w+) ")
ENUM = re.compile(r'Possible values: (\[(?:\s*"[^"]*",?)+\s*\])')
GETTERS = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    "StringMap": ["map", "string"],
    "BooleanMap": ["map", "bool"],
    "NumberMap": ["map", "number"],
    "AnyMap": ["map", "dynamic"],
}
STORAGE = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
    "stringMap": ["map", "string"],
    "booleanMap": ["map", "bool"],
}
type Json = dict[str, Any]


class Generated:
    """One resource's generated code, parsed back into its schema."""

    def __init__(self, code: str, types: str) -> None:
        self.classes = {found[1]: found for found in CLASS.finditer(code)}
        self.attributes = {found[1]: _attributes(found[2]) for found in TO_HCL.finditer(code)}
        self.enums = dict(_enums(types))

    def resource(self) -> tuple[str, Json] | None:
        """Return the Terraform type and the schema, or None if the code defines no resource."""
        for name, base, body in (found.groups() for found in self.classes.values()):
            if base == "TerraformResource" and (found := RESOURCE_TYPE.search(body)):
                return found[1], {"version": 0, "block": self.block(name, _attributes(body))}
        return None

    def block(self, class_name: str, known: Json) -> Json:
        """Return the schema of the block that a class represents."""
        attributes: Json = {}
        blocks: Json = {}
        for field in FIELD.finditer(self.classes[class_name][3]):
            name, attribute = field[1], known.get(field[1])
            nested = re.search(rf'new (\w+?)(OutputReference|List)\(this, "{name}"', field[5])
            if attribute and attribute[2] == "true" and nested:
                blocks[name] = self.nested(nested, attribute[3], required=field[4] == "true")
            else:
                owner = class_name.removesuffix("OutputReference")
                owner = owner if owner != class_name else f"{class_name}Config"
                attributes[name] = self.attribute(field, attribute, self.enums.get((owner, name)))
        return {"attributes": attributes} | ({"block_types": blocks} if blocks else {})

    def nested(self, found: re.Match[str], mode: str, *, required: bool) -> Json:
        """Return the schema of a block within a block."""
        known = self.attributes.get(found[1][0].lower() + found[1][1:], {})
        schema: Json = {
            "nesting_mode": {"struct": "single"}.get(mode, mode),
            "block": self.block(f"{found[1]}OutputReference", known),
        }
        if schema["nesting_mode"] in ("list", "set"):
            schema |= {"min_items": 1} if required else {}
            schema |= {"max_items": 1} if found[2] == "OutputReference" else {}
        return schema

    def attribute(self, field: re.Match[str], known: re.Match[str] | None, values: list[str] | None) -> Json:
        """Return the schema of an attribute: its type, whether it is computed, and the values it may have."""
        kind = self.type_of(field[5], field[1])
        if known and isinstance(kind, list) and known[3] in ("list", "set") and kind[0] in ("list", "set"):
            kind = [known[3], kind[1]]
        if known and kind == "dynamic":
            kind = STORAGE.get(known[4], kind)
        flags = {
            flag: True
            for flag, value in zip(("computed", "optional", "required"), field.groups()[1:4], strict=True)
            if value == "true"
        }
        return {"type": kind, **flags, **({"values": values} if values else {})}

    def type_of(self, body: str, name: str) -> Any:
        """Return an attribute's type, in Terraform's JSON notation, from what its getter builds."""
        if found := re.search(rf'new (\w+?)(OutputReference|List|Map)\(this, "{name}"(?:, (true))?', body):
            owner = f"{found[1]}OutputReference"
            if owner in self.classes:
                container = {"Map": "map", "List": "set" if found[3] else "list"}.get(found[2], "list")
                fields = FIELD.finditer(self.classes[owner][3])
                return [container, ["object", {each[1]: self.type_of(each[5], each[1]) for each in fields}]]
        if found := re.search(r"new cdktn\.(String|Boolean|Number|Any)Map\(this", body):
            return GETTERS[f"{found[1]}Map"]
        if found := re.search(rf"this\.get(\w+)Attribute\('{name}'\)", body):
            kind = GETTERS[found[1]]
            return ["set", kind[1]] if "Fn.tolist" in body and kind[0] == "list" else kind
        return "dynamic"


def _attributes(body: str) -> dict[str, re.Match[str]]:
    return {found[1]: found for found in ATTRIBUTE.finditer(body)}


def _enums(types: str) -> Any:
    for interface in INTERFACE.finditer(types):
        for comment in COMMENT.finditer(interface[2]):
            text = re.sub(r"\n\s*\* ?", "\n", comment[1])
            if (name := LINK.search(comment[1])) and (values := ENUM.search(text)):
                yield (interface[1], name[1]), json.loads(values[1])


def extract(wheel: Path, wanted: set[str]) -> Json:
    """Return the schema of these resources, structured as `terraform providers schema -json` prints it."""
    with zipfile.ZipFile(wheel) as archive:
        [inner] = [name for name in archive.namelist() if name.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(archive.read(inner))) as package:
            texts = {
                tuple(member.name.split("/")[1:]): package.extractfile(member).read().decode()
                for member in package
                if member.name.endswith(("/index.js", "/index.d.ts", "package/package.json"))
            }
    source = json.loads(texts["package.json",])["cdktn"]["provider"]
    folders = {path[1] for path in texts if len(path) == 3}
    resources = {}
    for folder in folders:
        code = texts.get(("lib", folder, "index.js"), "")
        kind = RESOURCE_TYPE.search(code)
        if kind and kind[1] in wanted:
            name, schema = Generated(code, texts["lib", folder, "index.d.ts"]).resource() or ("", {})
            resources |= {name: schema} if name else {}
    if missing := wanted - resources.keys():
        raise SystemExit(f"{wheel.name} has no {', '.join(sorted(missing))}")
    return {"name": source["name"], "version": source["version"], "resources": resources}


if __name__ == "__main__":
    schema = extract(Path(sys.argv[1]), set(sys.argv[3:]))
    Path(sys.argv[2]).write_text(json.dumps(schema, sort_keys=True, separators=(",", ":")) + "\n")
