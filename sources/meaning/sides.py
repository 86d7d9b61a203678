"""Debits and credits: a column that says which of the two an amount without a sign is, or a column for each.

In a customer's account sales are debits, in one of revenue they are credits: only the user knows. Payments
are neither sales nor returns. A column of two codes for sales and returns is asked about in the same way.
"""

import re
from collections.abc import Sequence
from itertools import product

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, yaml_list, yaml_scalar
from sources.meaning.names import plain_name

# Debit and credit, as columns and as words: English, German, French, Spanish, Italian, Portuguese and Dutch,
# Polish, Czech, Swedish and Danish, Russian; and what banks call them.
_SIDES = """
    debit credit  debits credits  debited credited  dr cr  db cr  soll haben  lastschrift gutschrift
    debe haber  debito credito  dare avere  debet credit  debet kredit  wn ma  madati dal  md dal
    дебет кредит  借方 貸方  借方 贷方  withdrawal deposit  withdrawals deposits  paidout paidin
    moneyout moneyin  ausgabe einnahme  ausgaben einnahmen  expense income  expenses income  expense sale
    expenses sales  depense recette  depenses recettes  gasto ingreso  gastos ingresos  egreso ingreso
    egresos ingresos  uscita entrata  uscite entrate  despesa receita  despesas receitas  saida entrada
    uitgave inkomst  uitgaven inkomsten  wydatek przychod  wydatki przychody  vydaj prijem  расход доход
    расход приход
"""
_WORDS = _SIDES.split()
SIDES = tuple(zip(_WORDS[::2], _WORDS[1::2], strict=True))
SHORT_SIDES = (("s", "h"), ("d", "c"), ("d", "k"), ("-", "+"), ("in", "out"), ("1", "-1"), ("+1", "-1"))
# What tills and ledgers write of sales and of what undoes them, whatever the column is called.
_SALES = "s sa sale sales sal inv invoice si in rechnung re vk verkauf vente v venta vendita f2 order"
_UNDONE = """
    r rt ret rtn rtrn ref rfd rfnd refund refunds return returns crn cn cm cre credit creditnote creditmemo
    sc scn ruckgabe rucknahme retoure retour rk gs gutschrift g2 s1 storno void devolucion d reso
"""
SALES_AND_UNDONE = tuple(product(_SALES.split(), _UNDONE.split()))
UNIT = re.compile("amount|betrag|umsatz|montant|importe|importo|valor|kwota|bedrag|belopp")
CARD = re.compile("pay|card|tender|method|zahl|karte|carte|tarjeta")  # which may be of credit or debit
NO_KIND = re.compile("size|gro(?:ss|ß)e|taille|talla|maat|misura|country|land|pays|pais|state|region|lang")
WORD = r"^\s*(?:[-+]1?|1|\pL{1,12}\d?[.:]?)\s*$"
BLANK = ("", "0", "0.0", "0.00", "0,00")


def paired_columns(columns: Sequence[str]) -> tuple[str, str] | None:
    """Return the columns of debits and of credits, if there is one of each."""
    by_name = {UNIT.sub("", plain_name(column)): column for column in reversed(columns)}
    found = ((by_name.get(debit), by_name.get(credit)) for debit, credit in SIDES)
    return next(((debit, credit) for debit, credit in found if debit and credit), None)


def ask_about_pair(debit: str, credit: str, amount: str | None = None) -> Question:
    """Ask which of two columns has sales, and whether the other has returns or payments, or a third."""
    text = (
        f"{debit} and {credit} are two sides: which has the sales, and has the other one returns or payments?"
    )
    return Question.of(
        text,
        *(_net(sales, other) for sales, other in ((debit, credit), (credit, debit))),
        *(_alone(sales) for sales in (debit, credit)),
        *([f"amount.field={yaml_scalar(amount)}"] if amount else []),
    )


def _net(sales: str, returns: str) -> tuple[str, ...]:
    return f"amount.field={yaml_scalar(sales)}", f"amount.minus={yaml_scalar(returns)}"


def _alone(sales: str) -> tuple[str, ...]:
    """Return the settings for payments in the other column, which are no sales."""
    blank = f"keep=[{{field: {yaml_scalar(sales)}, words: {yaml_list(BLANK)}, unless: true}}]"
    return f"amount.field={yaml_scalar(sales)}", blank, "returns=null"


def decide_sides(draft: Draft, evidence: Evidence) -> None:
    """Ask which side is that of sales, if a column or two say so and the amounts have no sign."""
    pair = paired_columns(evidence.columns)
    if pair:
        draft.found_columns |= {"debit": pair[0], "credit": pair[1]}
    if pair and not draft.is_decided("amount.field"):
        draft.questions.append(ask_about_pair(*pair, draft.data["amount"]["field"]))
        return
    if draft.is_decided("returns.rows") or draft.is_decided("keep") or draft.data["amount"].get("minus"):
        return
    kinds = [draft.found_columns[each] for each in ("type", "category") if each in draft.found_columns]
    for column in _columns_of_words(evidence, [*kinds, *draft.unread(evidence.columns)]):
        if (words := _side_words(evidence, column)) and not _are_signed(draft, evidence, column):
            draft.found_columns["type"] = column
            draft.questions.append(_ask_about_side(column, *words))
            return


def _columns_of_words(evidence: Evidence, columns: Sequence[str]) -> list[str]:
    """Return the columns whose first texts are all single words or signs: to list all texts takes time."""
    if not columns:
        return []
    matches = evidence.row("all_match", columns=", ".join(map(evidence.untrimmed, columns)), pattern=WORD)
    return [column for column, is_match in zip(columns, matches, strict=True) if is_match]


def _side_words(evidence: Evidence, column: str) -> tuple[str, str] | None:
    """Return the two words of a column that are debit and credit."""
    words = {plain_side(word): word for word in evidence.words(column)}
    name = plain_name(column)
    if len(words) != 2 or CARD.search(name) or NO_KIND.search(name):
        return None
    pairs = (*SIDES, *SHORT_SIDES, *SALES_AND_UNDONE)
    found = next((pair for pair in pairs if set(words) == set(pair)), None)
    return (words[found[0]], words[found[1]]) if found else None


def plain_side(word: str) -> str:
    """Return a word in the form of SIDES; a sign stays."""
    plain = plain_name(word)
    return plain if plain and not plain.isdigit() else word


def _are_signed(draft: Draft, evidence: Evidence, column: str) -> bool:
    """Return whether the amounts of one side are all negative and those of the other positive."""
    amount = evidence.number(draft.data["amount"]["field"])
    (signed,) = evidence.row("signed_sides", amount=amount, side=evidence.text(column))
    return bool(signed)


def _ask_about_side(column: str, debit: str, credit: str) -> Question:
    text = f"{column} says {debit} or {credit} beside amounts without a sign: which are returns, or payments?"
    field = f"field: {yaml_scalar(column)}"
    listed = [yaml_list([word]) for word in (credit, debit)]
    returns = [f"returns.rows={{{field}, words: {words}}}" for words in listed]
    payments = [f"keep=[{{{field}, words: {words}, unless: true}}]" for words in listed]
    return Question.of(text, *returns, *payments, "keep=[]")
