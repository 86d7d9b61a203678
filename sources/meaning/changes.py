"""Ask about changes, as databases stream them: a row for each insert, update and delete of a sale."""

from sources.meaning.asking import Question
from sources.meaning.drafts import Draft, Evidence
from sources.meaning.names import key_name

NAMES = (
    "op",
    "operation",
    "operationtype",
    "eventname",
    "changetype",
    "action",
    "type",
    "cdcoperation",
    "dmlop",
)
CHANGES = ("u", "d", "update", "delete", "modify", "remove", "replace", "updated", "deleted")
OTHERS = (
    "c",
    "r",
    "i",
    "t",
    "insert",
    "create",
    "read",
    "snapshot",
    "import",
    "upsert",
    "inserted",
    "created",
)


def ask_about_changes(draft: Draft, evidence: Evidence) -> None:
    """Ask about rows that are changes: each state of a sale would count, and deleted sales as well."""
    if draft.is_decided("keep") or draft.is_decided("unique_order"):
        return
    for column in evidence.columns:
        if key_name(column) not in NAMES:
            continue
        words = evidence.words(column)
        plain = {word.lower() for word in words}
        if plain & {*CHANGES} and plain <= {*CHANGES, *OTHERS}:
            draft.found_columns.pop("type", None)
            text = (
                f"{column} says {', '.join(words)}: are the rows changes of sales? Then each state counts, "
                "and so do deleted sales: export the table itself. If each row is a sale"
            )
            draft.questions.append(Question.of(text, "keep=[]"))
            return
