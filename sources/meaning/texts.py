"""The first view, `lines`: a row per line, with the unchanged strings of its fields."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from sources.files.sql import literal, name
from sources.mapping import IN_ITEMS, JOINED, Keep, Mapping, Match, is_summed
from sources.meaning.names import is_of_line
from sources.meaning.words import NOBODY, TOTAL_WORDS, is_filled, is_one_of

NULL_TEXT = "null::varchar"
# What surrounds texts in files besides blanks, such as tabs and non-breaking spaces.
AROUND = literal(" \t\r\n\u00a0\u202f\ufeff")
# How exports tell a spreadsheet that digits are text: ="00123" and '00123.
AS_TEXT = literal(r"""^(?:="(.*)"|'([-+0-9].*))$""")
STEP = re.compile(r"([^.\[\]]+)((?:\[[^\]]*\])?)(?:\.|$)")
MEMBER = re.compile(r"\[(\w+)=([^\]]+)\]")
EXCEPT = re.compile(r"\[(\w+)!=([^\]]+)\]")


@dataclass(frozen=True)
class Layout:
    """What `raw` holds: columns, or documents (`nested`), which may have ids of their own (`documents`).

    `items` is the list of a document whose members are lines, if it is known already; `lists` are the paths
    that hold lists; `odd_paths` are the paths of keys that contain a dot or the like, as JSON writes them.
    """

    columns: Sequence[str]
    nested: bool = False
    documents: bool = False
    surplus: bool = False
    items: str | None = None
    lists: Sequence[str] = ()
    odd_paths: dict[str, list[str]] = field(default_factory=dict)

    def text(self, path: str | None) -> str:
        """Return the SQL of a field's text, which is NULL if it is blank or there is no such column."""
        if path is None or not self.has(path):
            return NULL_TEXT
        if written := self.odd_paths.get(path):
            found = (f"json_extract_string(doc, {literal(each)})" for each in written)
            return _plain_sql(f"coalesce({', '.join(found)})")
        if JOINED in path and path not in self.columns:
            return f"nullif(concat_ws(' ', {', '.join(map(self.text, path.split(JOINED)))}), '')"
        if not self.nested:
            return _trim_sql(name(path))
        within = f"{self.items}{IN_ITEMS}"
        is_of_item = bool(self.items) and path.startswith(within)
        place, path = ("item", path.removeprefix(within)) if is_of_item else ("doc", path)
        return _sum_sql(place, path) if is_summed(path) else _plain_sql(_path_sql(place, path))

    def has(self, path: str) -> bool:
        """Return whether there is such a field, as far as can be told without reading the rows."""
        return (
            self.nested or path in self.columns or (JOINED in path and all(map(self.has, path.split(JOINED))))
        )


@dataclass(frozen=True)
class _AliasedLayout(Layout):
    """A layout that extracts each text once, under an alias; DuckDB would extract it again in each CASE."""

    aliases: dict[str, str] = field(default_factory=dict)

    def text(self, path: str | None) -> str:
        """Return the alias of a field's text, or NULL as `Layout.text` does."""
        sql = super().text(path)
        # It begins with a character that no header has, since a column may have any other name.
        return sql if sql == NULL_TEXT else self.aliases.setdefault(sql, name(f"\x1f{len(self.aliases)}"))


def _trim_sql(text: str) -> str:
    """Return the SQL of a trimmed text; anything but blanks around a text is rare, and slow to trim."""
    first, last = f"ascii({text})", f"ascii(right({text}, 1))"
    odd = f"{first} between 1 and 31 or {first} > 127 or {last} not between 32 and 127"
    unwrapped = f"regexp_replace(trim({text}, {AROUND}), {AS_TEXT}, '\\1\\2')"
    return (
        f"case when {first} in (ascii('='), 39) then nullif(trim({unwrapped}, {AROUND}), '') "
        f"when {odd} then nullif(trim({text}, {AROUND}), '') else nullif(trim({text}), '') end"
    )


def _path_sql(place: str, path: str) -> str:
    """Return the SQL of the text at a path, which may choose a member of a list by a value in it."""
    json_path = "$"
    for key, selector in STEP.findall(path):
        json_path += f'."{_quote(key)}"'
        if member := MEMBER.fullmatch(selector):
            members = f"json_extract({place}, {literal(json_path + '[*]')})"
            condition = f"json_extract_string(x, {literal(_key_path(member[1]))}) = {literal(member[2])}"
            place, json_path = f"list_filter({members}, lambda x: {condition})[1]", "$"
        else:
            json_path += selector
    return f"json_extract_string({place}, {literal(json_path)})"


def _plain_sql(text: str) -> str:
    """Return the SQL of a value's trimmed text; a list or map without members says as little as a blank."""
    return _once_sql(text, f"case when x not in ('[]', '{{}}') then nullif(trim(x, {AROUND}), '') end")


def _once_sql(value: str, result: str) -> str:
    """Return the SQL of a result of x, a value that is computed once.

    DuckDB would compute it for each mention, at the cost of parsing the document again, at least in filters.
    """
    return f"list_transform([{value}], lambda x: {result})[1]"


def _sum_sql(place: str, path: str) -> str:
    """Return the SQL of the sum of the numbers at a path through lists, or of their texts if one is none."""
    numbers = "list_transform(x, lambda y: abs(try_cast(y as decimal(38, 9))))"
    total = f"rtrim(rtrim(list_sum({numbers})::varchar, '0'), '.')"
    unreadable = "list_aggregate(x, 'string_agg', ' ')"
    is_number = f"list_count(x) = list_count({numbers})"
    texts = _texts_in_lists_sql(place, STEP.findall(path))
    return _once_sql(texts, f"case when {is_number} then {total} else {unreadable} end")


def _texts_in_lists_sql(place: str, steps: Sequence[tuple[str, str]]) -> str:
    """Return the SQL of the list of texts at the end of steps through lists, without the members excepted."""
    path = "$"
    for at, (key, selector) in enumerate(steps, start=1):
        path += f'."{_quote(key)}"' + ("[*]" if selector else "")
        if excepted := EXCEPT.fullmatch(selector):
            own = f"coalesce(json_extract_string(y, {literal(_key_path(excepted[1]))}), '')"
            is_excepted = is_one_of(own, excepted[2].split("|"))
            members = f"list_filter(json_extract({place}, {literal(path)}), lambda y: not {is_excepted})"
            member = f"member_{at}"
            texts = _texts_in_lists_sql(member, steps[at:])
            return f"flatten(list_transform({members}, lambda {member}: {texts}))"
    texts = f"json_extract_string({place}, {literal(path)})"
    return texts if "[*]" in path else f"[{texts}]"


def _map_path(path: str) -> str:
    return "$" + "".join(f'."{_quote(key)}"' for key in path.split("."))


def _key_path(key: str) -> str:
    return f'$."{_quote(key)}"'


def _quote(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')


def lines_sql(mapping: Mapping, layout: Layout) -> str:
    """Return the query for the lines' texts, which extracts each text only once, however often it is used."""
    aliased = _AliasedLayout(**asdict(layout) | {"items": mapping.items})
    columns = ",\n  ".join(f"{sql} as {each}" for each, sql in _text_columns(mapping, aliased).items())
    texts = "".join(f",\n  {sql} as {alias}" for sql, alias in aliased.aliases.items())
    document = "document" if layout.documents else NULL_TEXT
    rows = f"select *{texts}\nfrom ({_rows_sql(mapping, layout)})"
    return f"select n, file, {document} as document, item_at,\n  {columns}\nfrom ({rows})"


def _rows_sql(mapping: Mapping, layout: Layout) -> str:
    """Return the query for the rows, one for each member of a document's items."""
    if mapping.items is None or not layout.nested:
        return "select *, null::integer as item_at from raw"
    return rows_of_items(mapping.items)


def rows_of_items(items: str) -> str:
    """Return the query for the members of a list of each document, one at least."""
    path = _map_path(items)
    members = f"json_extract(doc, {literal(path + '[*]')})"
    one_at_least = f"case when len({members}) > 0 then {members} else [null::json] end"
    return f"""select *, items[item_at] as item from (
    select *, unnest(range(1, len(items) + 1))::integer as item_at
    from (select *, {one_at_least} as items from raw))"""


def _text_columns(mapping: Mapping, layout: Layout) -> dict[str, str]:
    discount, refunded = mapping.amount.discount, mapping.returns.refunded
    fields = {
        "order_text": mapping.order,
        "line_text": mapping.line,
        "product": mapping.product,
        "category": mapping.category,
        "channel": mapping.channel,
        "quantity_text": mapping.quantity,
        "amount_text": mapping.amount.field,
        "minus_text": mapping.amount.minus,
        "discount_text": discount.field if discount else None,
        "refunded_text": refunded.field if refunded else None,
        "control_text": mapping.amount.control,
        "status_text": mapping.status.field,
        "currency_text": mapping.currency.field,
        "zone_text": mapping.time.zone_field,
    }
    return {each: layout.text(path) for each, path in fields.items()} | {
        "time_text": _time_sql(mapping, layout),
        "who": _customer_sql(mapping, layout),
        "email": _email_sql(mapping, layout),
        "is_of_a_returned_kind": _is_returned_sql(mapping, layout),
        "is_kept": " and ".join(["true", *(_is_kept_sql(keep, layout) for keep in mapping.keep)]),
        "is_total_word": _is_total_sql(mapping, layout),
        "is_without_item": "item is null or item::varchar = 'null'"
        if mapping.items and layout.nested
        else "false",
        "items_text": _unread_items_sql(mapping, layout),
        "surplus": name("extra cells") if layout.surplus else NULL_TEXT,
    }


def _unread_items_sql(mapping: Mapping, layout: Layout) -> str:
    """Return the SQL of what a document has instead of a list of items, NULL if it has one or nothing."""
    if mapping.items is None or not layout.nested:
        return NULL_TEXT
    kind = f"json_type(doc, {literal(_map_path(mapping.items))})"
    return f"case when {kind} not in ('ARRAY', 'NULL') then {_plain_sql(_path_sql('doc', mapping.items))} end"


def _time_sql(mapping: Mapping, layout: Layout) -> str:
    day = layout.text(mapping.time.field)
    return f"{day} || ' ' || {layout.text(mapping.time.and_field)}" if mapping.time.and_field else day


def _known_customer_sql(mapping: Mapping, text: str) -> str:
    nobody = is_one_of(text, [*NOBODY, *mapping.customer.nobody])
    return f"case when {nobody} then null else {text} end"


def _customer_sql(mapping: Mapping, layout: Layout) -> str:
    named = [layout.text(each) for each in mapping.customer.fields]
    return f"coalesce({', '.join(_known_customer_sql(mapping, text) for text in named)})"


def _email_sql(mapping: Mapping, layout: Layout) -> str:
    texts = [layout.text(each) for each in mapping.customer.fields]
    found = ", ".join(f"case when contains({text}, '@') then {text} end" for text in texts)
    return f"coalesce({found})"


def _is_returned_sql(mapping: Mapping, layout: Layout) -> str:
    rows = mapping.returns.rows
    return _matches_sql(rows, layout) if rows else "false"


def _is_kept_sql(keep: Keep, layout: Layout) -> str:
    matches = _matches_sql(keep, layout)
    return f"not {matches}" if keep.unless else matches


def _matches_sql(match: Match, layout: Layout) -> str:
    text, blank = layout.text(match.field), str("" in match.words).lower()  # the word for a blank value
    return f"coalesce({is_one_of(text, match.words) if match.words else is_filled(text)}, {blank})"


def _is_total_sql(mapping: Mapping, layout: Layout) -> str:
    """Return the SQL that tests whether a cell that should name something says that the row is a total."""
    first = layout.columns[0] if layout.columns and not layout.nested else None
    of_lines = () if layout.nested else filter(is_of_line, layout.columns)
    fields = *mapping.customer.fields, mapping.order, mapping.product, first, *of_lines
    texts = dict.fromkeys(layout.text(each) for each in fields)
    conditions = [is_one_of(text, TOTAL_WORDS) for text in texts if text != NULL_TEXT]
    return f"coalesce({' or '.join(conditions)}, false)" if conditions else "false"
