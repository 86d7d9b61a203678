"""Blank cells that mean the same as above: what only the first row of a group says."""

from collections.abc import Sequence

from sources.files.raw import RawFiles
from sources.files.sql import literal, name
from sources.mapping import JOINED, BadMappingError
from sources.meaning.asking import Question, quote_setting
from sources.meaning.drafts import Draft, Evidence, yaml_list
from sources.meaning.lines import read_statement
from sources.meaning.names import may_identify_person, plain_name
from sources.meaning.texts import Layout
from sources.meaning.words import NAMES_TOTAL, TOTAL_WORDS, is_one_of

FEWEST = 2  # rows: a single one may be a footer
# Columns of people's names, in the form of `plain_name`: no identifiers, but better than none.
NAMES = ("fullname", "customername", "buyername", "clientname", "billingname", "shipname", "recipientname")
MOSTLY = 0.8  # of the rows without an order number, with the customer and the time of the row above


def fill_down(raw: RawFiles, layout: Layout, columns: str | Sequence[str]) -> None:
    """Give blank cells of some columns the value above them in their file, but not in blank or total rows.

    Raises BadMappingError for documents.
    """
    if raw.nested:
        raise BadMappingError("fill_down: documents have no rows above them")
    wanted = [columns] if isinstance(columns, str) else columns
    existing = [column for column in wanted if column in layout.columns]
    if not existing:
        return
    above = "last_value({0} ignore nulls) over above"
    filled = (
        f"case when is_filled then {above.format(name(each))} else {name(each)} end as {name(each)}"
        for each in existing
    )
    others = [layout.text(each) for each in layout.columns if each not in existing]
    statement = read_statement("fill_down")
    for word, sql in {
        "the_filled": ", ".join(filled),
        "the_trimmed": ", ".join(f"{layout.text(each)} as {name(each)}" for each in existing),
        "the_others": ", ".join([*others, "null"]),
        "the_total": _is_total_sql(layout, existing),
    }.items():
        statement = statement.replace(word, sql)
    raw.con.execute(statement)


def _is_total_sql(layout: Layout, columns: Sequence[str]) -> str:
    """Return the SQL that tests whether a row is a total: as a cell, or as the end of one in some columns."""
    named = (f"regexp_matches({layout.text(each)}, {literal(NAMES_TOTAL)})" for each in columns)
    said = (is_one_of(layout.text(each), TOTAL_WORDS) for each in layout.columns)
    return " or ".join(f"coalesce({each}, false)" for each in (*named, *said))


def decide_blanks(draft: Draft, evidence: Evidence) -> None:
    """Ask whether rows with an amount but without an order, customer or time have those of the row above.

    A row that lacks only its customer may be a guest's: of these is warned.
    """
    layout, people = evidence.layout, draft.data["customer"]["fields"]
    columns = {
        "order": draft.data.get("order"),
        "customer": JOINED.join(people),
        "time": draft.data["time"]["field"],
    }
    texts = {key: layout.text(column) for key, column in columns.items()}
    if layout.nested or draft.is_decided("fill_down") or not _has_blanks(evidence, texts):
        return
    read = [part for column in columns.values() if column for part in column.split(JOINED)]
    rows, timeless, nameless, customers, orders, alike, partial = evidence.row(
        "blanks_below",
        **texts,
        amount=layout.text(draft.data["amount"]["field"]),
        total=_is_total_sql(layout, read),
        partial=_is_partial_sql([layout.text(part) for part in JOINED.join(people).split(JOINED)]),
    )
    if not columns["order"]:
        nameless = orders = alike = 0
    is_alike = alike >= max(FEWEST, MOSTLY * orders)
    if max(timeless, nameless) >= FEWEST or is_alike:
        blank = {"order": orders, "customer": customers, "time": timeless}
        names = [part for key, count in blank.items() if count for part in str(columns[key]).split(JOINED)]
        most = max(timeless, nameless, orders if is_alike else 0)
        text = (
            f"{', '.join(names)}: blank in {most:,} of {rows:,} rows with an amount: do these mean as above?"
        )
        # A part of a customer, filled in from above, would be another customer's.
        options = [] if partial and customers else [f"fill_down={yaml_list(names)}"]
        draft.questions.append(Question.of(text, *options, "fill_down=[]"))
    elif customers >= FEWEST:
        fill = "fill it in" if partial else f"--set 'fill_down={yaml_list(people)}'"
        advice = _advise_another(draft, evidence, texts["customer"]) or f"if it means as above, {fill}"
        draft.warnings.append(
            f"{columns['customer']} is blank in {customers:,} of {rows:,} rows with an amount "
            f"({customers / rows:.0%}), which are left out: {advice}"
        )


def _advise_another(draft: Draft, evidence: Evidence, customer: str) -> str | None:
    """Return how to identify those without a customer, if a column of people is filled wherever they are."""
    people = draft.data["customer"]["fields"]
    named = (
        each
        for each in draft.unread(evidence.columns)
        if plain_name(each) in NAMES or may_identify_person(each)
    )
    for column in named:
        text = evidence.text(column)
        (is_filled, persons) = evidence.row("nameless", customer=customer, column=text)
        if is_filled and persons >= FEWEST:
            setting = quote_setting(f"customer.fields={yaml_list([*people, column])}")
            return f"if they are guests, whom {column} tells apart, --set {setting}"
    return None


def _is_partial_sql(parts: Sequence[str]) -> str:
    """Return the SQL that tests whether a row has some parts of its customer, but not all."""
    some, lacks = (f"{' or '.join(f'{part} is {what}' for part in parts)}" for what in ("not null", "null"))
    return f"({some}) and ({lacks})"


def _has_blanks(evidence: Evidence, texts: dict[str, str]) -> bool:
    """Return whether a column that has values lacks some: looking closer takes time."""
    rows, *filled = evidence.row("filled", **texts)
    return any(0 < count < rows for count in filled)
