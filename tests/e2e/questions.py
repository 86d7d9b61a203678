"""A warehouse's answers to docs/questions.md.

After a change that affects them, write those of a cloud in which the page's command was run:

    eval "$(make up)" && .venv/bin/python -m tests.e2e.questions
"""

import re

from google.cloud import bigquery

from components.shared.names import DATASETS
from generate.questions import PAGE, QUESTION

NONE = "No rows."


def answer(client: bigquery.Client, sql: str) -> str:
    """Return the answer to a question as a Markdown table."""
    settings = bigquery.QueryJobConfig(default_dataset=f"{client.project}.{DATASETS['warehouse']}")
    rows = client.query_and_wait(sql, job_config=settings)
    names = [field.name for field in rows.schema]
    lines = [["" if value is None else str(value) for value in row.values()] for row in rows]
    table = [names, ["---"] * len(names), *lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in table) if lines else NONE


def answered(page: str, client: bigquery.Client) -> str:
    """Return the page with the answers of a warehouse."""

    def replaced(found: re.Match[str]) -> str:
        above = found[0][: len(found[0]) - len(found[4])]
        return f"{above}\n{answer(client, found[3])}\n\n"

    return QUESTION.sub(replaced, page).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(answered(PAGE.read_text(encoding="utf-8"), bigquery.Client()), encoding="utf-8")
