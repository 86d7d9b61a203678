"""What is refused before any data is read, and that the commands in docs/erasure.md are valid."""

import re
import shlex
from pathlib import Path

import pytest

import erase.__main__ as program
from erase.data_subject import DataSubject
from erase.remains import remainders

PAGE = (Path(__file__).parents[2] / "docs" / "erasure.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"^```\n(.*?)^```", PAGE, re.S | re.M))
COMMANDS = re.findall(r"python -m erase (.*)", f"{program.__doc__}\n{BLOCKS}")


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_every_command_in_the_docs_parses(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    words = shlex.split(re.split(r" {3,}", command)[0], comments=True)
    options = program._options(words)
    assert options.customers or options.file or options.deleted


def test_deleted_documents_and_customers_are_not_erased_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--project", "p", "c", "--deleted"]) == 1
    assert "run it on its own" in capsys.readouterr().err


def test_a_broken_line_is_matched_only_by_its_customer_id() -> None:
    subject = DataSubject(frozenset({"7"}), ("f" * 64,))
    assert subject.named_in_broken('{"customer_id": "7", "event')
    assert subject.named_in_broken('{"event_id": "e", "customer_id":7')
    assert not subject.named_in_broken('{"event_id": "7", "customer_id": "77", ')
    assert not subject.named_in_broken('{"event_id": "7"')


def test_a_report_is_matched_by_the_prefix_of_a_pseudonym() -> None:
    subject = DataSubject(frozenset({"7"}), ("0123456789" + "f" * 54,))
    assert subject.shown_in(b'["0123456789","aaaa"]')
    assert subject.shown_in(b'"01234567"')
    assert not subject.shown_in(b'"0123456"')


def test_the_page_says_how_long_each_thing_remains() -> None:
    from datetime import date, timedelta

    platform = program._platform(program._options(["c", "--project", "p"]))
    today = date(2026, 1, 1)
    days = [(each.until - today) // timedelta(days=1) for each in remainders(platform, today, 1)]
    rows = PAGE.partition("| What | For |")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(rows) == len(days)
    said, before = [], 0
    for row in rows:
        found = re.search(r"\| (\d+) days?( more)? \|", row)
        before = (int(found[1]) + (before if found[2] else 0)) if found else 0
        said.append(before)
    assert said == days
