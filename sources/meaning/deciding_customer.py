"""Decide which column says who bought, and which of its values are nobody."""

import re

from sources.files.sql import literal
from sources.mapping import JOINED
from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, yaml_scalar
from sources.meaning.names import is_identifier, last_name_column, plain_name
from sources.meaning.words import GUESTS, ZEROS

TELLING = 2  # columns of what lists of customers have
MANY_ROWS = 20  # of which, in sales, some customer has two
# Of what lists of customers say about each, and sales do not.
OF_CUSTOMERS = re.compile(
    "(?:number|no|num|count)?(?:of)?orders(?:count|placed)?|ordercount|totalorders|(?:last|first)order(?:date|at|id)?"
    "|(?:last|first)purchase(?:date|at)?|lastvisit|lifetimevalue|(?:total|lifetime)spen[dt]|clv"
)
PERSON = r"^\s*\pL[^\s\d@]*(?:\s+[^\s\d@]+)+\s*$"  # two words or more, without digits


def decide_customer(draft: Draft, evidence: Evidence) -> None:
    """An e-mail address identifies a person better than a name, which several may have."""
    named, *addresses = draft.data["customer"]["fields"]
    if not addresses or draft.is_decided("customer.fields"):
        return
    (are_names,) = evidence.row("all_match", columns=evidence.untrimmed(named), pattern=PERSON)
    if not are_names:
        return
    draft.data["customer"]["fields"] = [*addresses, named]
    first = f"{named} holds names: customers are identified by {' or '.join(addresses)} first"
    texts = {"name": evidence.text(named), "address": evidence.text(addresses[0])}
    (ambiguous,) = evidence.row("names_of_several", **texts)
    if ambiguous:
        otherwise = (
            f"{ambiguous:,} names have several addresses; if these are companies, --set customer.fields"
        )
        draft.warnings.append(f"{first}; {otherwise}=[{yaml_scalar(named)}]")
    else:
        draft.notes.append(first)


def decide_nobody(draft: Draft, evidence: Evidence) -> None:
    """A customer 0, or one called Guest, who has several addresses is nobody: the addresses are people."""
    column, *addresses = draft.data["customer"]["fields"]
    if not addresses or draft.is_decided("customer"):
        return
    words = ", ".join(map(literal, (*ZEROS, *GUESTS)))
    (nobody,) = evidence.row(
        "nobodies", name=evidence.text(column), address=evidence.text(addresses[0]), words=words
    )
    if nobody:
        draft.data["customer"]["nobody"] = nobody
        draft.notes.append(
            f"{column} {', '.join(nobody)} has several values of {addresses[0]}: it is taken for nobody; "
            "otherwise --set 'customer.nobody=[]'"
        )


def ask_about_last_names(draft: Draft, evidence: Evidence) -> None:
    """Ask whether a customer has a last name in a column of its own: without it, namesakes are one."""
    column, *addresses = draft.data["customer"]["fields"]
    last_name = last_name_column(draft.unread(evidence.columns))
    if addresses or last_name is None or is_identifier(column) or draft.is_decided("customer"):
        return
    full = f"{column}{JOINED}{last_name}"
    (_, short_names), (_, full_names) = (
        evidence.row("customers", customer=evidence.text(each)) for each in (column, full)
    )
    if full_names > short_names:
        text = (
            f"{column} has {short_names:,} values, with {last_name} {full_names:,}: are these the customers?"
        )
        draft.questions.append(Question.of(text, f"customer.fields=[{full}]", f"customer.fields=[{column}]"))


def ask_about_customers(draft: Draft, evidence: Evidence) -> None:
    """Ask whether a file has sales at all if each row has another customer, and no order number."""
    column = draft.data["customer"]["fields"][0]
    if draft.data.get("order") or draft.is_decided("order"):
        return
    rows, customers = evidence.row("customers", customer=evidence.text(column))
    says_so = sum(OF_CUSTOMERS.fullmatch(plain_name(each)) is not None for each in evidence.columns)
    if rows == customers and (rows > MANY_ROWS or says_so >= TELLING):
        text = (
            f"each of {rows:,} rows has another {column}, and no column has order numbers: is this a list of "
            "customers? Sales have a row for each order or line; if these are sales"
        )
        draft.questions.append(Question.of(text, "order=null"))
