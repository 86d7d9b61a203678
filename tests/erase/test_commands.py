"""What is refused before any data is read, and that the commands in docs/erasure.md are valid."""

import re
import shlex
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from google.api_core.exceptions import RetryError

import erase.__main__ as program
from erase.data_subject import DataSubject
from erase.plan import Plan, Tally
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
    assert program.main(["--project", "p", "c", "--deleted"]) == 2
    assert "run it on its own" in capsys.readouterr().err


def test_an_outage_that_outlasts_the_retries_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RetryError("Timeout of 120.0s exceeded", cause=None)

    monkeypatch.setattr(program, "_erase", fail)
    assert program.main(["--project", "p", "c"]) == 1
    assert capsys.readouterr().err.startswith("error: Timeout of 120.0s exceeded")


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nope, latin = tmp_path / "nope", tmp_path / "latin"
    latin.write_bytes("Jürgen".encode("latin-1"))
    for file, why in ((nope, "No such file or directory"), (latin, "it is not UTF-8")):
        assert program.main(["--project", "p", "--from", str(file)]) == 2
        assert capsys.readouterr().err == f"error: --from {file} cannot be read: {why}\n"


def test_nobody_is_not_erased(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--project", "p"]) == 2
    assert capsys.readouterr().err == "error: give at least one customer, by the shop's id\n"


@pytest.mark.parametrize(
    ("theirs", "typed", "words", "code", "told"),
    [
        (0, "", ["--dry-run"], 0, "no such customer is known: none of 90 records is theirs\n"),
        (0, "", [], 0, "no such customer is known: none of 90 records is theirs\n"),
        (2, "no", [], 1, "nothing was removed\n"),
        (2, None, [], 1, "nothing was removed\n"),
        (2, "", ["--dry-run"], 0, "nothing was removed\n"),
    ],
)
def test_what_is_found_decides_what_is_asked(
    theirs: int,
    typed: str | None,
    words: list[str],
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def answer(_: str) -> str:
        if typed is None:  # nobody is there
            raise EOFError
        return typed

    plan = Plan(subject="s", places={"a": Tally(held=50, theirs=theirs), "b": Tally(held=40)})
    monkeypatch.setattr(program, "bigquery_client", lambda *_: nullcontext())
    monkeypatch.setattr(program, "customers", lambda *_: DataSubject(frozenset({"7"}), ("f" * 64,)))
    monkeypatch.setattr(program, "Erasure", lambda *_: SimpleNamespace(look=lambda: plan))
    monkeypatch.setattr("builtins.input", answer)
    assert program.main(["--project", "p", "7", *words]) == code
    out = capsys.readouterr().out
    assert out.endswith(told)
    assert ("a  " in out) == bool(theirs)


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
