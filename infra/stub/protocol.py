"""The messages of Terraform's plugin protocol 6 that the stub provider speaks, built from the table below.

Only field numbers and types are on the wire, so the message names here are our own.
"""

import re

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

PACKAGE = "stub"
MESSAGES = """
Step: string attribute_name=1
AttributePath: Step* steps=1
Diagnostic: int32 severity=1, string summary=2, string detail=3, AttributePath attribute=4
DynamicValue: bytes msgpack=1, bytes json=2
RawState: bytes json=1
Attribute: string name=1, bytes type=2, bool required=4, bool optional=5, bool computed=6
NestedBlock: string type_name=1, Block block=2, int32 nesting=3, int64 min_items=4, int64 max_items=5
Block: Attribute* attributes=2, NestedBlock* block_types=3
Schema: int64 version=1, Block block=2
SchemaEntry: string key=1, Schema value=2
Nothing:
GetSchemaResponse: Schema provider=1, SchemaEntry* resource_schemas=2
ValidateProviderResponse: Diagnostic* diagnostics=2
ValidateRequest: string type_name=1, DynamicValue config=2
ValidateResponse: Diagnostic* diagnostics=1
UpgradeRequest: string type_name=1, int64 version=2, RawState raw_state=3
UpgradeResponse: DynamicValue upgraded_state=1
ConfigureRequest: string terraform_version=1, DynamicValue config=2
ConfigureResponse: Diagnostic* diagnostics=1
ReadRequest: string type_name=1, DynamicValue current_state=2
ReadResponse: DynamicValue new_state=1
PlanRequest: string type_name=1, DynamicValue prior_state=2, DynamicValue proposed_new_state=3
PlanResponse: DynamicValue planned_state=1
ApplyRequest: string type_name=1, DynamicValue prior_state=2, DynamicValue planned_state=3
ApplyResponse: DynamicValue new_state=1, Diagnostic* diagnostics=3
"""
FIELD = re.compile(r"(\w+)(\*?) (\w+)=(\d+)")
Kind = descriptor_pb2.FieldDescriptorProto


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="stub.proto", package=PACKAGE, syntax="proto3")
    for line in MESSAGES.strip().splitlines():
        name, fields = line.split(":")
        message = file.message_type.add(name=name)
        for kind, star, field, number in FIELD.findall(fields):
            label = Kind.LABEL_REPEATED if star else Kind.LABEL_OPTIONAL
            added = message.field.add(name=field, number=int(number), label=label)
            if kind[0].isupper():
                added.type, added.type_name = Kind.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
            else:
                added.type = getattr(Kind, f"TYPE_{kind.upper()}")
    return file


_pool = descriptor_pool.DescriptorPool()
_pool.Add(_file())


def message(name: str) -> type[Message]:
    """Return the class of a message in the table."""
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))
