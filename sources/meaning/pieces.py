"""Find how many pieces a row has, where its price is that of one and no column is named like the quantity."""

import re
from collections.abc import Iterator, Sequence
from itertools import permutations

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, yaml_scalar
from sources.meaning.names import may_identify_person, may_number_orders, plain_name, words_of

# In names without accents, whose words are apart.
PRICE_OF_PIECE = re.compile(
    r"\bunit|\beach\b|einzelpreis|stue?ckpreis|stuksprijs|styckpris|enhe[dt]spris|jednostkowa|jednotkova|birim"
    r"|単価|单价|單價|단가|μοναδα|(?:price|prezzo) per\b|preci?o por\b|prix (?:par|a l)\b|preis (?:pro|je)\b"
    r"|cena za\b|цена за\b|ціна за\b|satuan|đon gia|don gia|egysegar|yksikko|kappalehinta|jedinicn|единичн"
    r"|سعر الوحدة|قیمت واحد|ליחידה"
)
# In the name of an amount that may be for one night, hour or seat, and in those of columns that count them.
RATE = re.compile("price|rate|fee|fare|preis|satz|prix|tarif|preci?o|preco|prezzo|prijs|cena|цена")
_COUNTED = """
    nights hours days weeks months years seats tickets persons people pax participants passengers
    attendees licenses licences sessions lessons classes copies packs packages boxes cases cartons bottles
    pallets rolls pairs nachte naechte stunden tage wochen monate personen teilnehmer sitze platze plaetze
    karten eintrittskarten lizenzen kartons kisten flaschen packungen pakete nuits nuitees heures jours
    semaines mois personnes places billets noches horas dias semanas meses personas plazas entradas
    boletos notti ore giorni settimane mesi persone biglietti nachten uren dagen weken maanden kaartjes
    noce godziny dni osoby bilety
"""
_COUNTS = "|".join(_COUNTED.split())
COUNTED = re.compile(
    rf"(?:numberof|noof|num|nb|nbr|anzahl(?:der)?|nombrede|numerode|numerodi|aantal)?(?:{_COUNTS})"
    "|(?:qty|quantity|menge).*|.*(?:qty|quantity)"
)
MEASURED = re.compile(
    "(?:net|netto)?(?:weight|gewicht|poids|peso)(?:kg)?|kgs?|kilos?|lit(?:er|re)s?|met(?:er|re)s?|sqm|qm"
)
PIECES = r"^\s*\d+(?:[.,]0+)?\s*$"
NUMBER = r"^\s*\d[\d., ]*\s*$"
MOST = 10_000  # of which there may be pieces: numbers of phones and articles are larger
MOST_OFFERED = 4
# For how many pieces a price is: a column of its own, or in the price's name.
UNIT_OF_PRICE = re.compile("preiseinheit|priceunit|pricebasis|pricingunit|peinh|kpein")
PER_SEVERAL = re.compile(r"(?i)(?:\b(?:per|pro|je|par|por|za)|/)\s*10+\b")
MIN_SHARE_MULTIPLIED = 0.95  # of rows in which the price times the pieces is the total


def decide_pieces(draft: Draft, evidence: Evidence) -> None:
    """Take the columns whose product with the price shows what they are; ask about others that may be."""
    price = draft.data["amount"]["field"]
    is_known = "quantity" in draft.data or draft.is_decided("quantity") or draft.is_decided("amount.means")
    if is_known or price.endswith(".units"):  # the whole units of an amount, beside its billionths
        return
    numbers = _numbers(draft, evidence, NUMBER)
    name = " ".join(words_of(price)).lower()
    if PRICE_OF_PIECE.search(name):
        measured = [each for each in numbers if MEASURED.fullmatch(plain_name(each))]
        pieces = [
            *dict.fromkeys([*_possible_pieces(draft, evidence), *_counting(evidence, numbers), *measured])
        ]
    elif RATE.search(name) and price != draft.found_columns.get("total"):
        pieces = _counting(evidence, numbers)
    else:
        return
    pairs = [
        (quantity, total)
        for quantity, total in permutations(numbers, 2)
        if quantity in pieces and _is_product(evidence, price, quantity, total)
    ]
    if len(pairs) == 1 and not draft.is_decided("amount.field"):
        ((quantity, total),) = pairs
        draft.data |= {"quantity": quantity}
        draft.data["amount"] |= {"field": total, "means": "line_total"}
        draft.found_columns |= {"quantity": quantity, "total": total}
        draft.by_values += ["quantity", "amount"]
        draft.notes.append(f"{total} is {price} × {quantity}: it is taken for the amount")
    elif pieces:
        text = f"{price} is that of a piece, and no column is named like the quantity"
        options = ((f"quantity={yaml_scalar(each)}", "amount.means=unit_price") for each in pieces)
        question = f"{text}: is it {' or '.join(pieces)}, or does each row have one piece?"
        draft.questions.append(Question.of(question, *options, "amount.means=line_total"))


def ask_about_price_units(draft: Draft, evidence: Evidence) -> None:
    """Refuse prices for several pieces, such as for 100, which would be multiplied by the pieces."""
    price = draft.data["amount"]["field"]
    if draft.data["amount"]["means"] != "unit_price":
        return
    units = [each for each in draft.unread(evidence.columns) if UNIT_OF_PRICE.fullmatch(plain_name(each))]
    where = " or ".join(f"{evidence.number(each)} != 1" for each in units)
    if PER_SEVERAL.search(price) or (units and any(evidence.row("any_match", condition=where))):
        said = f" ({', '.join(units)} says of how many)" if units else ""
        text = f"{price} is the price of several pieces{said}: write that of one, or the line's sum"
        draft.questions.append(Question.of(f"{text}, into the file"))


def _possible_pieces(draft: Draft, evidence: Evidence) -> Iterator[str]:
    for column in _numbers(draft, evidence, PIECES)[:MOST_OFFERED]:
        _, largest = evidence.row("whole_numbers", number=evidence.number(column))
        if largest is not None and largest <= MOST:
            yield column


def _counting(evidence: Evidence, numbers: Sequence[str]) -> list[str]:
    """Return the columns that count nights, seats and the like, of which some row has several."""
    named = [each for each in numbers if COUNTED.fullmatch(plain_name(each))]
    return [
        each for each in named if any(evidence.row("any_match", condition=f"{evidence.number(each)} != 1"))
    ]


def _numbers(draft: Draft, evidence: Evidence, pattern: str) -> list[str]:
    """Return the unread columns of numbers that number neither orders nor people."""
    free = [
        column
        for column in draft.unread(evidence.columns)
        if COUNTED.fullmatch(plain_name(column))
        or not (may_number_orders(column) or may_identify_person(column))
    ]
    if not free:
        return []
    matches = evidence.row("all_match", columns=", ".join(map(evidence.untrimmed, free)), pattern=pattern)
    return [column for column, is_match in zip(free, matches, strict=True) if is_match]


def _is_product(evidence: Evidence, price: str, quantity: str, total: str) -> bool:
    parts = f"{evidence.number(price)} * {evidence.number(quantity)}"
    (share,) = evidence.row("adding_up", order="n", total=evidence.number(total), part=parts)
    return share is not None and share >= MIN_SHARE_MULTIPLIED
