import re

import pytest

from localcloud.console.logs import SHOWN_LINES, Wanted, complete_end, excerpt

TRAIN = "/runs/churn-1/tasks/train-churn-model"
LOG = "logs/exit-handler-1.train-churn-model.log"


@pytest.fixture
def log(console):
    console.trained("churn-1")
    return console.jobs.folder("churn-1") / LOG


def said(page: str) -> list[str]:
    """Return the texts of the lines that a page shows."""
    return re.findall(r'class="said">(?:<span class="unseen">[^<]*</span>)?([^<]*)<', page)


def test_a_page_holds_the_end_of_a_log_and_links_to_the_whole(console, log):
    log.write_text("".join(f"line {number}.\n" for number in range(100_000)))
    page = console.get(TRAIN)
    assert said(page) == [f"line {number}." for number in range(100_000 - SHOWN_LINES, 100_000)]
    assert f"The last {SHOWN_LINES} lines" in page
    assert 'href="/runs/churn-1/tasks/exit-handler-1.train-churn-model/log"' in page
    answer = console.client.get("/runs/churn-1/tasks/exit-handler-1.train-churn-model/log")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content == log.read_bytes()


def test_a_search_goes_through_the_whole_log(console, log):
    log.write_text("needle <one>\n" + "hay\n" * 300_000 + "Needle two\n")
    assert said(console.get(f"{TRAIN}?q=needle")) == ["needle &lt;one&gt;", "Needle two"]
    assert "No lines match." in console.get(f"{TRAIN}?q=pin")
    assert 'value="&lt;b&gt;"' in console.get(f"{TRAIN}?q=<b>")


def test_the_address_selects_levels_and_machinery_lines(console, log):
    log.write_text(
        "[KFP Executor 2026-11-27 13:21:31,002 INFO]: Got executor_input:\n{\n}\n"
        '{"severity": "WARNING", "message": "odd"}\nplain\n'
    )
    assert said(console.get(TRAIN)) == ["odd", "plain"]
    assert said(console.get(f"{TRAIN}?level=warning")) == ["odd"]
    assert said(console.get(f"{TRAIN}?level=nonsense")) == ["odd", "plain"]
    assert said(console.get(f"{TRAIN}?all=1")) == ["Got executor_input:", "{", "}", "odd", "plain"]


def test_a_failed_step_marks_the_line_that_says_why(console):
    console.failed("churn-1", "no such table")
    folder = console.jobs.folder("churn-1") / "logs"
    (folder / "exit-handler-1.run-dataform.log").write_text(
        "starting\nTraceback (most recent call last):\n  File x\nStepError: no such table\nbye\n"
    )
    page = console.get("/runs/churn-1/tasks/run-dataform")
    assert re.search(r'<li id="cause" class="line error cause">', page)
    assert page.count('id="cause"') == 1
    assert 'href="#cause"' in page
    cause = 'href="/runs/churn-1/tasks/exit-handler-1.run-dataform#cause"'
    assert cause in console.get("/runs/churn-1")


def test_the_whole_log_has_no_terminal_codes(console):
    console.trained("churn-1")
    assert console.get("/runs/churn-1/log") == "Running pipeline: 'customer-churn'\n"


def test_the_end_of_a_log_of_one_endless_line_is_bounded(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"\xff" * 5_000_000 + b"end")
    found = excerpt(log, Wanted(), log.stat().st_size)
    assert sum(len(line.text) for line in found.lines) < 1_000_000
    assert found.lines[-1].text.endswith("end")
    assert complete_end(log) == log.stat().st_size


def test_an_incomplete_line_waits_until_it_is_whole(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"one\ntwo\nthr")
    assert complete_end(log) == len(b"one\ntwo\n")
    log.write_bytes(b"o")
    assert complete_end(log) == 0
