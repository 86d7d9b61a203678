"""What amounts are to be divided by, or lack, where an interface says so beside them: Etsy, Google."""

from sources.meaning.asking import Question
from sources.meaning.currencies import NO_MINOR_UNITS, THOUSANDTHS
from sources.meaning.drafts import Draft, Evidence

HUNDREDTHS, WHOLE = {"100"}, {"1"}


def decide_divisor(draft: Draft, evidence: Evidence) -> None:
    """Read amounts beside a divisor of 100 as cents: {"amount": 1050, "divisor": 100}; refuse others."""
    amount = draft.data["amount"]
    within, _, key = amount["field"].rpartition(".")
    _refuse_billionths(draft, evidence, within, key)
    column = f"{within}.divisor"
    if not within or column not in evidence.columns:
        return
    divisors = set(evidence.words(column))
    currency = draft.data.get("currency", {}).get("field")
    codes = {code.upper() for code in evidence.words(currency)} if currency else set()
    are_cents = divisors == HUNDREDTHS and codes.isdisjoint((*NO_MINOR_UNITS, *THOUSANDTHS))
    if divisors == WHOLE or (are_cents and draft.is_decided("amount.minor_units")):
        return
    amount["minor_units"] = True
    if are_cents:
        draft.notes.append(f"{amount['field']} is divided by {column}: 1050 is 10.50")
    else:
        shown = ", ".join(sorted(divisors))
        text = f"{amount['field']} is to be divided by {column} ({shown}): write the quotients into the file"
        draft.questions.append(Question.of(text))


def _refuse_billionths(draft: Draft, evidence: Evidence, within: str, key: str) -> None:
    """Refuse amounts whose cents are beside them: {"units": 10, "nanos": 500000000} is 10.50."""
    nanos = f"{within}.nanos"
    if key != "units" or nanos not in evidence.columns:
        return
    if any(evidence.row("any_match", condition=f"{evidence.number(nanos)} != 0")):
        text = (
            f"{within}.units lacks the cents, which {nanos} has: write the sum into the file, such as with jq"
        )
        draft.questions.append(Question.of(text))
