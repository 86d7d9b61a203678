"""The meaning of somebody's sales: one typed mapping, the same for files, Firestore and BigQuery.

A field is named as in the data: a file's column, or a path into a document. `customer.email` goes into a map,
`items[].price` into each member of the list `items`, and `params[key=currency].value` into the member of the
list `params` whose `key` is `currency`. A discount or refund may be in a list of its own: it is the sum
of `refunds[].amount`, signs ignored, or of `refunds[status!=failed|pending].amount`, without such members.
"""

import datetime
import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from sources.meaning.currencies import CODES

PRESETS = Path(__file__).parent / "presets"
SCHEMA = Path(__file__).parent / "mapping.schema.json"
IN_ITEMS = "[]."
PICKED = re.compile(r"\[\w+=")  # one member of a list, by a value in it
EXCEPTED = re.compile(r"\[\w+!=[^\]]+\]")  # all members of a list but those with some values
UNKNOWN_KEY = "extra_forbidden"

Status = Literal["completed", "pending", "refunded", "partly_refunded", "cancelled"]
FieldName = Annotated[str, Field(min_length=1)]
JOINED = " + "  # between the columns of one name
NAMED_FORMATS = ("epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "excel", "iso", "iso_offset")
STRPTIME = re.compile("(?:[^%]|%-?[aAbBcdfgHIjmMnpSUwWxXyYzZ%])+")


def _as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


Words = Annotated[list[str], BeforeValidator(_as_list)]


class BadMappingError(ValueError):
    """A mapping cannot be used; the message names the key and says what to do."""


def is_summed(path: str) -> bool:
    """Return whether a path leads to several values in a list, whose sum is meant."""
    return IN_ITEMS in path or EXCEPTED.search(path) is not None


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is not a time zone; examples: UTC, Europe/Berlin, America/New_York"
        ) from None
    return name


Zone = Annotated[str, AfterValidator(_check_zone)]


def _check_time_format(form: str) -> str:
    if form not in NAMED_FORMATS and not STRPTIME.fullmatch(form):
        examples = f"'%d/%m/%Y %H:%M', {', '.join(NAMED_FORMATS)}"
        raise ValueError(f"{form!r} is not a format of times; examples: {examples}")
    return form


TimeFormats = Annotated[list[Annotated[str, AfterValidator(_check_time_format)]], BeforeValidator(_as_list)]


class Part(BaseModel):
    """A part of a mapping: frozen, and refusing unknown keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, coerce_numbers_to_str=True
    )


class Source(Part):
    """Where the sales come from."""

    kind: Literal["files", "firestore", "bigquery"] = "files"
    collection: str | None = Field(default=None, description="Firestore: the collection, such as orders")
    database: str | None = Field(
        default=None,
        pattern=r"^(\(default\)|[a-z][-a-z0-9]{2,61}[a-z0-9])$",
        description="Firestore: the database; (default) unless given",
    )
    project: str | None = Field(
        default=None,
        pattern=r"^[a-z][-a-z0-9:.]{4,61}[a-z0-9]$",
        description="Firestore: the project of the database; the run's unless given",
    )
    table: str | None = Field(default=None, description="BigQuery: project.dataset.table")
    query: str | None = Field(default=None, description="BigQuery: a query instead of a table")
    location: str | None = Field(
        default=None,
        description="BigQuery: where the tables of a query are, such as EU; a table's is looked up",
    )
    encoding: str | None = Field(default=None, description="Files: utf-8, cp1252, …; detected unless given")
    delimiter: str | None = Field(default=None, max_length=1, description="Files: detected unless given")
    sheets: list[str] | None = Field(
        default=None, description="Workbooks: those to read; the most like sales and its like unless given"
    )

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        if self.kind == "firestore" and not self.collection:
            raise ValueError("kind: firestore needs a collection")
        if self.kind != "firestore" and (self.project or self.database):
            raise ValueError("project and database are Firestore's: a table is project.dataset.table")
        if self.kind == "bigquery" and bool(self.table) == bool(self.query):
            raise ValueError("kind: bigquery needs a table or a query")
        return self


class Discount(Part):
    """What was taken off the price, and how it is written."""

    field: FieldName
    means: Literal[
        "fraction", "percent", "line_amount", "unit_amount", "order_amount", "order_net", "none"
    ] = Field(
        description="0.05 and 5 both mean 5%; an amount is per line, per unit or per order; "
        "order_net: what the order's lines cost after it; none: the amount is already net"
    )


class Amount(Part):
    """What was paid, and what the figure stands for."""

    field: FieldName
    means: Literal["line_total", "unit_price", "order_total", "order_total_repeated"] = Field(
        description="the amount is per line, per unit, per row that is an order, "
        "or per order and repeated on each line"
    )
    minus: FieldName | None = Field(
        default=None, description="a column that is deducted, such as Credit beside Debit: returns"
    )
    minor_units: bool = Field(default=False, description="cents: 1050 is 10.50, and 1050 in JPY")
    discount: Discount | None = None
    control: FieldName | None = Field(default=None, description="the order's total, to detect a full refund")


class StatusWords(Part):
    """How the state of a sale is written."""

    field: FieldName | None = None
    words: dict[Status, Words] = Field(
        default={}, description="what each value means, ignoring case; common values unless given"
    )
    default: Status | None = Field(
        default=None, description="for values that are not listed; they are refused unless given"
    )
    blank: Status | None = Field(default=None, description="for rows without a value, where others have one")


class Match(Part):
    """Rows whose field holds one of the given words, ignoring case; without words, anything but no."""

    field: FieldName
    words: Words = []


class Keep(Match):
    """Which rows are sales at all."""

    unless: bool = Field(default=False, description="rows with these values are left out instead")

    @model_validator(mode="after")
    def _check_words(self) -> Self:
        if not self.words and not self.unless:
            raise ValueError("words: name the values of sales; only with unless: true may they be missing")
        return self


class Refunded(Part):
    """How much of a sale went back."""

    field: FieldName
    of: Literal["order", "line"] = "order"


class Returns(Part):
    """What counts as returned."""

    negative: bool = Field(default=True, description="a negative amount or quantity is a return")
    refunded: Refunded | None = None
    rows: Match | None = Field(default=None, description="rows of a type, such as CREDIT NOTE, are returns")


class Customer(Part):
    """Who bought."""

    fields: Words = Field(
        min_length=1,
        description="the first one that is not blank identifies the customer; First name + Last name is one",
    )
    nobody: Words = Field(
        default=[], description="values that mean no customer, in addition to NULL, nan, N/A and the like"
    )
    hash_email: bool = Field(default=True, description="store an e-mail address as its SHA-256")


class Currency(Part):
    """The money of the amounts."""

    field: FieldName | None = None
    default: str | None = Field(default=None, pattern="^[A-Z]{3}$", description="where no field has it")

    @field_validator("default")
    @classmethod
    def _check_currency(cls, code: str | None) -> str | None:
        if code is not None and code not in CODES:
            raise ValueError(f"{code} is not a currency in use")
        return code


class Time(Part):
    """When a sale was made."""

    field: FieldName
    and_field: FieldName | None = Field(default=None, description="the time of day, if in a separate column")
    formats: TimeFormats = Field(
        default=[],
        description="strptime formats, tried in turn, or epoch_s, epoch_ms, epoch_us, excel, iso; "
        "detected unless given",
    )
    zone: Zone = Field(
        default="UTC", description="the business time zone: for times without an offset, and for its days"
    )
    zone_field: FieldName | None = Field(default=None, description="each row's own zone")
    zones: dict[str, Zone] = Field(default={}, description="what the values of zone_field mean")
    until: datetime.date | None = Field(default=None, description="rows after this day are rejected")


class Mapping(Part):
    """The meaning of somebody's sales."""

    name: str = Field(min_length=1)
    about: Words = Field(default=[], description="where the source is described")
    source: Source = Source()
    recognise: Words = Field(default=[], description="columns that only this kind of file has")
    row: Literal["order", "line"] = Field(description="what a row of the file is")
    items: FieldName | None = Field(
        default=None, description="the list of a document whose members become lines"
    )
    fill_down: Words = Field(
        default=[], description="files: columns whose blank cells have the value above them"
    )
    order: FieldName | None = Field(
        default=None, description="the order's number; without it a row is an order"
    )
    line: FieldName | None = Field(default=None, description="the line's own number")
    product: FieldName | None = None
    category: FieldName | None = None
    channel: FieldName | None = None
    quantity: FieldName | None = Field(default=None, description="units; 1 if absent")
    amount: Amount
    status: StatusWords = StatusWords()
    returns: Returns = Returns()
    keep: list[Keep] = Field(default=[], description="which rows are sales; all unless given")
    customer: Customer
    currency: Currency = Currency()
    time: Time
    decimal: Literal[".", ","] | None = Field(default=None, description="detected unless given")
    unique_order: bool | Literal["last"] = Field(
        default=False,
        description="an order that is sent twice counts once, as it was first; "
        "last: as it is in its last row, with the first one's time",
    )

    @model_validator(mode="after")
    def _check_amount(self) -> Self:
        means = self.amount.means
        if means.startswith("order_total") and self.items:
            raise ValueError(f"amount.means: {means} cannot be the amount of each of the items")
        if means == "order_total_repeated" and not self.order:
            raise ValueError("amount.means: order_total_repeated needs `order`")
        if means == "order_total" and self.row == "line":
            raise ValueError("amount.means: order_total needs row: order; did you mean order_total_repeated?")
        return self

    @model_validator(mode="after")
    def _check_unique_order(self) -> Self:
        if self.unique_order and self.row == "line" and not self.items:
            raise ValueError("unique_order: rows that are lines cannot show that an order was sent again")
        return self

    @model_validator(mode="after")
    def _check_items(self) -> Self:
        summed = {part.field for part in (self.amount.discount, self.returns.refunded) if part}
        for field in self.fields():
            within = field.removeprefix(f"{self.items}{IN_ITEMS}")
            if is_summed(within) and (field not in summed or PICKED.search(within)):
                raise ValueError(f"{field}: its list is not `items`, which is {self.items or 'not given'}")
        return self

    def fields(self) -> list[str]:
        """Return all columns or paths that are read, each once."""
        own = (self.order, self.line, self.product, self.category, self.channel, self.quantity)
        money = (
            self.amount.field,
            self.amount.minus,
            self.amount.control,
            self.status.field,
            self.currency.field,
        )
        times = (self.time.field, self.time.and_field, self.time.zone_field)
        parts = (self.amount.discount, self.returns.refunded, self.returns.rows, *self.keep)
        people = (part for each in self.customer.fields for part in each.split(JOINED))
        named = (*own, *money, *times, *people, *self.fill_down, *(part.field for part in parts if part))
        return list(dict.fromkeys(field for field in named if field))


class _StringLoader(yaml.SafeLoader):
    """A YAML loader that keeps `no` and 0 as they are written, since words are compared with words."""


_StringLoader.yaml_implicit_resolvers = {
    first: kept
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if (kept := [pair for pair in pairs if pair[0].endswith((":null", ":merge"))])
}


def _parse_yaml(text: str) -> Any:
    return yaml.load(text, _StringLoader)  # noqa: S506 -- a SafeLoader that makes less


def load(path: Path) -> Mapping:
    """Return the mapping in a YAML file; raise BadMappingError, saying what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise BadMappingError(f"{path}: {error}") from None
    return read(text, path.name)


def read(text: str, name: str) -> Mapping:
    """Return the mapping in a YAML text; raise BadMappingError, saying what is wrong with it."""
    try:
        data = _parse_yaml(text)
    except yaml.YAMLError as error:
        raise BadMappingError(f"{name} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise BadMappingError(
            f"{name} is not a mapping, which has keys such as name, row, amount, customer and time"
        )
    return parse(data, name)


def parse(data: dict[str, Any], name: str) -> Mapping:
    """Return the mapping, or raise BadMappingError that names the key at fault and the nearest known one."""
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        message = "; ".join(_explain_error(dict(part)) for part in error.errors())
        raise BadMappingError(f"{name}: {message}") from None


def _explain_error(part: dict[str, Any]) -> str:
    place = ".".join(map(str, part["loc"]))
    if part["type"] != UNKNOWN_KEY:
        message = part["msg"].removeprefix("Value error, ")
        if part["type"] == "string_pattern_mismatch":
            message = f"write the code of a currency, such as EUR, not {part['input']!r}"
        return f"{place}: {message}" if place else message
    known = list(_model_at(part["loc"][:-1]).model_fields)
    near = difflib.get_close_matches(str(part["loc"][-1]), known, 1, 0.4)
    within = place.rpartition(".")
    advice = f"did you mean {within[0]}{within[1]}{near[0]}?" if near else f"the keys are {', '.join(known)}"
    return f"{place} is not a key; {advice}"


def _model_at(steps: Sequence[int | str]) -> type[BaseModel]:
    """Return the model of the part of a mapping at a path."""
    model: type[BaseModel] = Mapping
    for step in steps:
        if isinstance(step, str):
            model = next(_models_of(model.model_fields[step].annotation), model)
    return model


def _models_of(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models_of(each)


def with_settings(data: dict[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """Return a mapping's data after assignments like `amount.means=line_total`; null removes a key.

    What several assignments keep are conditions that all apply, since each answers another question. Raises
    BadMappingError if a text is not an assignment.
    """
    kept: list[Any] = []
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not re.fullmatch(r"\w+(\.\w+)*", path.strip()):
            raise BadMappingError(f"--set {setting}: write it like amount.means=line_total")
        value = _parse_value(text)
        if path.strip() == "keep" and isinstance(value, list):
            value = kept = kept + [each for each in value if each not in kept]
        data = _assign(data, path.strip().split("."), value)
    return data


def _assign(data: Any, steps: Sequence[str], value: Any) -> dict[str, Any]:
    """Return the data with a value set at a path, or with the path's key removed if the value is null."""
    own = data if isinstance(data, dict) else {}
    first, *rest = steps
    if not rest:
        return {key: each for key, each in own.items() if key != first} | (
            {} if value is None else {first: value}
        )
    return own | {first: _assign(own.get(first), rest, value)}


def _parse_value(text: str) -> Any:
    """Return a text parsed as YAML, or else unparsed: a time format begins with %, which YAML reserves."""
    try:
        found = _parse_yaml(text)
        return text.strip() if found is None and text.lstrip().startswith("#") else found
    except yaml.YAMLError:
        listed = re.fullmatch(r"\s*\[(.*)\]\s*", text)
        return [each.strip() for each in listed[1].split(",")] if listed else text.strip()


def as_data(mapping: Mapping) -> dict[str, Any]:
    """Return what a mapping sets other than the defaults, as plain data for YAML."""
    return mapping.model_dump(mode="json", exclude_defaults=True)


def as_yaml(mapping: Mapping) -> str:
    """Return a mapping as YAML to edit."""
    return yaml.safe_dump(as_data(mapping), sort_keys=False, allow_unicode=True, width=100)


@cache
def presets() -> dict[str, Mapping]:
    """Return the built-in mappings by their names."""
    return {path.stem: load(path) for path in sorted(PRESETS.glob("*.yaml"))}


def preset(name: str) -> Mapping:
    """Return a built-in mapping; raise BadMappingError, listing the existing ones, for an unknown name."""
    if name not in presets():
        raise BadMappingError(f"there is no preset {name!r}; choose from {', '.join(presets())}")
    return presets()[name]


def recognise_preset(columns: Collection[str]) -> Mapping | None:
    """Return the preset whose characteristic columns all exist; of several, the one with the most."""
    existing = set(columns)
    fitting = [each for each in presets().values() if each.recognise and set(each.recognise) <= existing]
    return max(fitting, key=lambda each: len(each.recognise), default=None)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a mapping, for completion in editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Mapping.model_json_schema()
