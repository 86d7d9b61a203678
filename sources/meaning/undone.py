"""Columns that the mapping does not read, and that mark some sales as cancelled, failed or returned.

Left unread, they let such sales count in full; which column is right is for the user to say.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sources.mapping import IN_ITEMS
from sources.meaning.amounts_in_lists import without_failed
from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence, yaml_list, yaml_scalar
from sources.meaning.items import amounts_of_members
from sources.meaning.names import key_name
from sources.meaning.words import (
    NO,
    STATUS,
    YES,
    is_filled,
    is_one_of,
    plain_word,
    plain_word_sql,
    usual_status_words,
)

FEWEST_WORDS_OF_PROSE = 12  # as many as Evidence.words returns: a status has fewer, and remarks have more
# A dot stands for a letter that may have an accent.
CANCELLED = (
    r"(?:cancel|storn|annul|anul|void|geannul|avbr|avbest|makul|zru.|キャンセル|已?取消"
    r"|отмен|скасов|iptal|ακυρ|취소|주문취소"
    r"|(?:di|mem)?batal|đã h[uủ][yỷ]|da[ _]huy|hủy|huỷ|bị h[uủ][yỷ]|töröl|lemondv|sztorn|visszavon"
    r"|perutt|peruut|otkaz|preklic|poništ|kansell|отказ|анул|(?:تم )?(?:ال)?[إا]لغاء|ملغ|لغو|מ?בוטל|ביטול"
    r"|ยกเลิก|रद्द)\pL*"
)
FAILED = (
    r"(?:fail(?:ed|ure)?|fehlgeschlagen|declin(?:ed)?|denied|refused|reject(?:ed)?|abgelehnt|expired|unpaid"
    r"|no[ _-]?show|not attending|abandoned|(?:closed[ _-]?)?lost|(?:negad|recusad|rechazad|rifiutat)[oa]"
    r"|refus.e?|geweigerd|mislukt|odrzucon[aey]|отклон.н[ао]?"
    r"|gagal|ditolak|thất bại|that bai|sikertelen|respins[aă]?|neuspjel[ao]|odbijen[ao]"
    r"|فشل|مرفوض|ناموفق|נכשל|ล้มเหลว)"
)
RETURNED = (  # but not "returning" (customers), nor "refundable"
    r"(?:(?:refund|return)(?:ed|s)?|retur|returnat[aă]?|povrat|refundiran[ao]|reso|avoir"
    r"|credit[ _-]?(?:note|memo)|nota d[ei] cr.dito"
    r"|(?:chargeback|reembols|rembours|rimbors|devol|devuelt|estorn|erstatt"
    r"|r.ckerstatt|r.ckgab|r.cknahm|r.ckzahl|r.cksend|zur.ck|gutschrift|retour|terugbetaald|.terbetal|zwrot|zwr.c|vr.cen"
    r"|返金|返品|已?退[款货]|возвр|поверн|iade|επιστρ|환불|반품|dikembalik|pengembalian"
    r"|(?:đã )?hoàn tiền|(?:đã )?trả hàng|visszatérít|visszaküld|visszár|rambursat"
    r"|palautet|hyvitet|vraćen|vrnjen|върнат|възстанов|مسترجع|مسترد|مرتجع|مرجوع|זוכה|הוחזר|זיכוי|คืนเงิน|คืนสินค้า|धनवापसी)\pL*)"
)
UNDONE_TEXT = (
    r"(?i)^\s*(?:(?:fully|partially|partly|order|payment|wc)[ _-])?"
    rf"(?:{CANCELLED}|{FAILED}|{RETURNED})(?:\PL|$)"
)
NOT_ONLY_OF_SALES = ("open", "offen", "avoin", "created")
PENDING = [word for word in usual_status_words()["pending"] if word not in NOT_ONLY_OF_SALES]
DRAFTS = "drafts?|quotations?|quotes?|proforma"
PENDING_TEXT = rf"(?i)^\s*(?:{'|'.join(PENDING)}|{DRAFTS})\s*$"
PARTLY = re.compile(
    "part|parci|parzi|teil|delvis|gedeelt|částeč|częśc|част|k.sm|部分|一部|부분|일부", re.IGNORECASE
)
_RETURNED_WORD, _CANCELLED_WORD = (
    re.compile(rf"(?i)(?<!\w)(?:{words})(?!\w)".replace(r"\pL", r"\w"))
    for words in (RETURNED, f"{CANCELLED}|{FAILED}")
)
# Names in the form of `key_name`, without accents.
UNDONE_NAME = re.compile(
    r"(?:is|was|has|reason(?:for)?|grund|motivo|motif|fivetran|abcdc|sdc|row|record|soft|date|order|total|partial|fully|qty|quantity|units|items|auftrag|bestellung|betrag|data|fecha"
    r"|amount|montant|importe|importo|valor|kwota|suma|сумма|сума|de)*"
    r"(?:(?P<cancelled>cancel(?:l?ed|l?ation|ad[oa]s?|acion|amento)?|void(?:ed)?|abandoned(?:checkout|cart)?|deleted?|archived?|removed?|storno|stornier(?:t|ung)"
    r"|replaced|superseded|written?off|baddebt|uncollectible|annul(?:led|ee?s?|l?ation|l?at[oa]|leret|owan[eoy]|owania)|anul(?:ad[oa]|acion|owan[eoy]|owania)|geannuleerd"
    r"|makulerad|zrusen[eao]?|キャンセル|已?取消|dibatalkan|dahuy|torolve|lemondva|peruttu|peruutettu|otkazan[oa]|отказана|анулирана"
    r"|ملغ[يى]|ملغاة|בוטלה?|מבוטל)"
    r"|refund(?:ed|s)?|return(?:ed|s)?|chargebacks?|disputed?|credit(?:note|memo)|credits?|reversed?|reversal|rma"
    r"|(?P<earlier>orig(?:inal)?(?:sale|order|invoice|receipt|transaction|document|beleg|rechnung))"
    r"|(?:ruck)?erstatt(?:et|ung)s?|retourniert"
    r"|retoure|ruck(?:sendung|gabe|nahme)|gutschrift|remboursee?s?|remboursement|avoir|reembols(?:o|ad[oa])|devolucion|devuelto"
    r"|devolvido|estorn(?:o|ad[oa])|rimbors(?:o|ato)|reso|terugbetaald|zwrot|zwrocon[eoy]|kwotazwrotu|aterbetalt?"
    r"|refunderet|returneret|credited|возврат(?:а|ов)?|возвращено|повернен(?:о|ня)|iade(?:edilen)?"
    r"|返金|返品|已?退[款货])"
    r"(?P<about>by|for|of|von|mit|durch|par|por|no|nr|nbr|num|number|nummer|id|ref|reference|entry|document)*"
    r"(?:at|on|date|time|timestamp|flag|url|reason|grund|amount|total|qty|quantity|units|items|am|datum|betrag|bedrag|belopp"
    r"|tutari?|[日額时间金额])*"
)
_PENDING_WORD = re.compile(
    rf"(?i)pending|unpaid|past due|overdue|(?<!\w)(?:{DRAFTS}|incomplete|unconfirmed|unverified)(?!\w)"
)
PIECES = re.compile("qty|quantity|units|items")
PAID_NAME = re.compile(
    r"(?:is|was|has|order|payment)*(?:paid|completed?|captured|confirmed|success(?:ful)?|valid|live(?:mode)?|active|won|accepted|approved|current|latest|bezahlt"
    r"|payee?|pagad[oa]|pago|pagat[oa]|betaald|opłacon[eoy]|zaplaceno|betald|betalt)(?:flag)?"
)
MODE_NAME = re.compile("(?:payment|transaction|order|api|merchant)*(?:mode|env|environment)")
LIVE, TESTS = ("live", "production", "prod"), ("test", "testing", "sandbox", "staging", "demo")
TEST_NAME = re.compile(
    "(?:is|was)?(?:test|training|schulung|practice|demo|sandbox|dummy|internal|fraud(?:ulent)?|comped|complimentary)"
    "(?:order|mode|transaction|sale|bestellung|auftrag)?(?:flag)?"
)


@dataclass(frozen=True)
class _Column:
    """A column, how many of its rows mark a sale as undone, its few words, and whether it holds amounts."""

    name: str
    rows: int
    words: list[str]
    is_number: bool = False
    amount_of_members: str | None = None


def state_of_word(word: str) -> str:
    """Return which state a status most likely means that is not known as a whole."""
    text = word.replace("_", " ")
    if _RETURNED_WORD.search(text):
        return "partly_refunded" if PARTLY.search(text) else "refunded"
    if _CANCELLED_WORD.search(text):
        return "cancelled"
    return "pending" if _PENDING_WORD.search(text) else "completed"


def decide_undone(draft: Draft, evidence: Evidence) -> None:
    """Ask about unread columns that mark sales counted in full as cancelled or returned."""
    unread = draft.unread(evidence.columns)
    named = list(_columns_by_name(draft, evidence, unread))
    refunds = [_ask_about_refunds(column) for column in named if column.is_number]
    draft.questions += [] if draft.is_decided("returns") else refunds[:1]
    if not draft.is_decided("keep"):
        draft.questions += _ask_about_flags(draft, evidence, unread)
    if draft.is_decided("status") or draft.is_decided("keep"):
        return
    status = status_column(draft)
    kinds = (UNDONE_TEXT, *([] if status else [PENDING_TEXT])) if draft.is_guessed else ()
    columns = (column for text in kinds for column in _columns_by_words(draft, evidence, unread, text))
    by_words = list(islice(columns, 1))
    questions = [_ask_whether_status(column, status) for column in by_words]
    for column in named:
        if column.amount_of_members and draft.is_decided("returns"):
            continue
        if not column.is_number and column.name not in (each.name for each in by_words):
            questions.append(_ask_about_undone(draft, column, beside=bool(status or questions)))
    draft.questions += questions


def _columns_by_words(draft: Draft, evidence: Evidence, unread: list[str], texts: str) -> Iterator[_Column]:
    if not unread:
        return
    columns = ", ".join(evidence.untrimmed(column) for column in unread)
    marks = evidence.row("says_undone", columns=columns, pattern=texts)
    for column in (column for column, is_marked in zip(unread, marks, strict=True) if is_marked):
        words = evidence.words(column)
        condition = f"regexp_matches({evidence.text(column)}, '{texts}')"
        rows = count_in_full(draft, evidence, condition)
        if rows and len(words) < FEWEST_WORDS_OF_PROSE:
            yield _Column(column, rows, words)


def _columns_by_name(draft: Draft, evidence: Evidence, unread: list[str]) -> Iterator[_Column]:
    for column in unread:
        found = UNDONE_NAME.fullmatch(key_name(column))
        if found is None or (_has_refunds(draft) and not found["cancelled"]):
            continue
        (largest,) = evidence.row("largest", number=evidence.number(column))
        is_counted = largest is not None and (largest != 1 or PIECES.search(key_name(column)))
        is_cancelled = found["cancelled"] and not PIECES.search(key_name(column))
        is_amount = bool(is_counted and not (is_cancelled or found["about"] or found["earlier"]))
        states = ("completed", "partly_refunded") if is_amount else ("completed",)
        is_there = f"{evidence.number(column)} != 0" if is_amount else is_filled(evidence.text(column))
        if found["earlier"] and not any(evidence.row("any_match", condition=f"not ({is_there})")):
            continue
        if rows := count_in_full(draft, evidence, is_there, states):
            words = evidence.words(column)
            yield _Column(column, rows, words, is_amount, _amount_of_members(evidence, column, words))


def _amount_of_members(evidence: Evidence, column: str, words: Sequence[str]) -> str | None:
    """Return the path to the amounts in a list that went through, such as refunds[].amount, if it has any."""
    if not evidence.layout.nested or not any(word.startswith("[{") for word in words):
        return None
    amounts = amounts_of_members(evidence, column)
    return without_failed(evidence, f"{column}{IN_ITEMS}{amounts}") if amounts else None


def _ask_about_flags(draft: Draft, evidence: Evidence, unread: list[str]) -> Iterator[Question]:
    """Ask about flags that say that some sales did not come about, or were only a test."""
    for column in unread:
        name = key_name(column)
        is_test = TEST_NAME.fullmatch(name)
        if not (is_test or PAID_NAME.fullmatch(name) or MODE_NAME.fullmatch(name)):
            continue
        words = evidence.words(column)
        good_words, bad_words = (
            (LIVE, TESTS) if MODE_NAME.fullmatch(name) else (NO, YES) if is_test else (YES, NO)
        )
        good, bad = ([each for each in words if each.lower() in wanted] for wanted in (good_words, bad_words))
        says_more = len(good) + len(bad) < len(words)  # such as "part" beside Yes and No
        if not bad or (not good and (says_more or not is_test)):
            continue
        if rows := count_in_full(draft, evidence, is_one_of(evidence.text(column), bad_words)):
            text = f"{column} says {', '.join(bad)} in {rows:,} rows, and is not used: were these not sold?"
            yield Question.of(text, *keep_settings(draft, column, bad))


def count_in_full(
    draft: Draft, evidence: Evidence, condition: str, states: Sequence[str] = ("completed",)
) -> int:
    """Return how many rows meet a condition and count in full, by their status or for lack of one.

    If the user said what statuses mean, any row may.
    """
    status, completed = evidence.text(status_column(draft)), sql_of_completed(draft, evidence, states)
    (rows,) = evidence.row("in_full", undone=condition, status=status, completed=completed)
    return int(rows)


def sql_of_completed(draft: Draft, evidence: Evidence, states: Sequence[str] = ("completed",)) -> str:
    """Return the SQL that tests whether the status is one of some states."""
    told = draft.data.get("status", {}).get("words", {})
    words = [word for state in states for word in told.get(state) or STATUS[state]]
    text = plain_word_sql(evidence.text(status_column(draft)))
    return "true" if draft.is_decided("status") else is_one_of(text, map(plain_word, words))


def _ask_whether_status(column: _Column, status: str | None) -> Question:
    beside = f"; {status} says that they were sold" if status else ""
    text = f"{column.name} says {', '.join(column.words)} ({column.rows:,} rows{beside}): is it the status?"
    return Question.of(text, f"status.field={yaml_scalar(column.name)}", _unchanged_status(status))


def _ask_about_refunds(column: _Column) -> Question:
    where = f"{column.name} is not 0 in {column.rows:,} rows"
    if PIECES.search(key_name(column.name)):
        text = f"{where}, but pieces cannot be deducted from an amount: which column has what was refunded?"
        return Question.of(text, "returns.refunded.field=Column", "returns=null")
    text = f"{where}, and is not used: is it what was refunded?"
    of = ("returns.refunded.of=line",) if IN_ITEMS in column.name else ()
    return Question.of(text, (f"returns.refunded.field={yaml_scalar(column.name)}", *of), "returns=null")


def _ask_about_undone(draft: Draft, column: _Column, *, beside: bool) -> Question:
    """Ask whether a column's rows were undone: beside a status, they are left out or returns."""
    found, status = UNDONE_NAME.fullmatch(key_name(column.name)), status_column(draft)
    is_cancelled = bool(found and found["cancelled"])
    status_meant = "cancelled" if is_cancelled else "refunded"
    where = f"{column.name} is filled in {column.rows:,} rows, and is not used"
    if amount := column.amount_of_members:
        text = f"{where}: is {amount} what was refunded?"
        return Question.of(text, f"returns.refunded.field={yaml_scalar(amount)}", "returns=null")
    text = f"{where}: were these {status_meant}?"
    if beside and is_cancelled:
        setting, _ = keep_settings(draft, column.name)
    elif beside:
        setting = f"returns.rows={{field: {yaml_scalar(column.name)}}}"
    else:
        no = [each for each in column.words if each.lower() in NO]
        words = f", words: {{completed: {yaml_list(no)}}}" if no else ""
        setting = (
            f"status={{field: {yaml_scalar(column.name)}{words}, default: {status_meant}, blank: completed}}"
        )
    return Question.of(text, setting, _unchanged_status(status))


def keep_settings(draft: Draft, column: str, words: Sequence[str] = ()) -> tuple[str, str]:
    """Return the settings that leave out rows with some words in a column, or any, and that do not."""
    kept = [json.dumps(each, ensure_ascii=False) for each in draft.data.get("keep", [])]
    listed = f", words: {yaml_list(words)}" if words else ""
    left_out = f"{{field: {yaml_scalar(column)}{listed}, unless: true}}"
    return f"keep=[{', '.join((*kept, left_out))}]", f"keep=[{', '.join(kept)}]"


def status_column(draft: Draft) -> str | None:
    """Return the column that is read as the status."""
    column: str | None = draft.data.get("status", {}).get("field")
    return column


def _has_refunds(draft: Draft) -> bool:
    """Return whether the mapping knows, or was told, how much was refunded."""
    return "refunded" in draft.found_columns or (not draft.is_guessed and "returns" in draft.data)


def _unchanged_status(status: str | None) -> str:
    return f"status.field={yaml_scalar(status)}" if status else "status=null"
