"""docs/questions.md: an analyst's questions, to which the tables' descriptions link."""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "questions.md"
QUESTION = re.compile(r"^## (\d+\. .*?)\n(.*?)^```sql\n(.*?)^```\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Question:
    """A question on the page: its heading, its SQL and the answer below it."""

    heading: str
    sql: str
    answer: str

    @property
    def link(self) -> str:
        """A Markdown link to the question on the page."""
        place = re.sub(r"[^\w\- ]", "", self.heading.lower()).replace(" ", "-")
        return f"[{self.heading.partition(' ')[2]}](questions.md#{place})"

    def asks(self, table: str) -> bool:
        """Return whether the question's SQL reads a table."""
        return re.search(rf"\b{table}\b", self.sql) is not None


def questions(page: str) -> list[Question]:
    """Return the questions on the page, in order."""
    return [Question(heading, sql, answer.strip()) for heading, _, sql, answer in QUESTION.findall(page)]
