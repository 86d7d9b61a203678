"""A program's log lines, told apart from what the machinery around it prints."""

import pytest

from localcloud.console.log_lines import Line, Reader, mark_cause, select_lines

AT = "2026-11-27T13:21:30.996Z "
KFP = [
    "--- attempt 1, 2026-11-27 13:21:30Z ---",
    "[KFP Executor 2026-11-27 13:21:30,996 INFO]: Looking for component `export` in --component_module_path",
    "[KFP Executor 2026-11-27 13:21:31,002 INFO]: Got executor_input:",
    "{",
    '    "inputs": {"message": "not a line of the program"}',
    "}",
    '{"severity": "WARNING", "message": "12 rejects", "step": "export", "counts": {"rows": 3}, "none": null}',
    "/venv/lib/site-packages/kfp/dsl.py:12: FutureWarning: soon",
    "  warnings.warn(",
    "[KFP Executor 2026-11-27 13:21:32,100 WARNING]: a library's own word",
    "\x1b[92mdone\x1b[0m\x07",
    "Traceback (most recent call last):",
    '  File "step.py", line 1, in <module>',
    "    raise StepError('no such table')",
    "components.errors.StepError: no such table: fct_orders",
    "make it first",
    "[KFP Executor 2026-11-27 13:21:33,000 INFO]: Wrote executor output file to /x",
]


def lines_of(texts: list[str]) -> list[Line]:
    reader, start, found = Reader(), 0, []
    for text in texts:
        raw = f"{text}\n".encode()
        found.append(reader.read(start, raw))
        start += len(raw)
    return found


def test_the_machinery_is_told_apart_from_the_program():
    said = list(select_lines(lines_of(KFP)))
    assert [(line.level, line.text) for line in said] == [
        ("", "--- attempt 1, 2026-11-27 13:21:30Z ---"),
        ("warning", "12 rejects"),
        ("warning", "a library's own word"),
        ("", "done\N{REPLACEMENT CHARACTER}"),
        ("error", "Traceback (most recent call last):"),
        ("error", '  File "step.py", line 1, in <module>'),
        ("error", "    raise StepError('no such table')"),
        ("error", "components.errors.StepError: no such table: fct_orders"),
        ("", "make it first"),
    ]
    assert said[1].more == 'step: export; counts: {"rows": 3}'
    assert len(list(select_lines(lines_of(KFP), noise=True))) == len(KFP)


def test_a_line_has_its_time_of_arrival_or_else_the_one_it_states():
    stamped = lines_of([AT + text for text in KFP])
    assert {line.time for line in stamped} == {"13:21:30.996"}
    assert [line.text for line in stamped] == [line.text for line in lines_of(KFP)]
    assert lines_of(KFP)[9].time == "13:21:32.100"
    assert lines_of(KFP)[6].time == ""


def test_a_trace_within_a_structured_line_is_kept():
    [line] = lines_of(
        ['{"severity": "ERROR", "message": "it failed", "stack_trace": "Traceback\\n  File x\\n"}']
    )
    assert (line.level, line.text, line.more) == ("error", "it failed", "Traceback\n  File x")


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("WARNING:root:careful", "warning"),
        ("2026-11-27 13:21:30 ERROR it broke", "error"),
        ("an ERROR_CODE of a kind", ""),
        ("{not json", ""),
        ('{"rows": 3}', ""),
        ('{"severity": "NOTICE", "message": "m"}', "info"),
        ('{"severity": "CRITICAL", "message": "m"}', "error"),
    ],
)
def test_the_level_of_a_line(text, level):
    assert lines_of([text])[0].level == level


def test_lines_are_chosen_by_text_and_by_level_or_worse():
    lines = lines_of(KFP)
    assert [line.text for line in select_lines(lines, text="REJECTS")] == ["12 rejects"]
    assert [line.text for line in select_lines(lines, text='"rows": 3')] == ["12 rejects"]
    assert {line.level for line in select_lines(lines, level="warning")} == {"warning", "error"}
    assert {line.level for line in select_lines(lines, level="error")} == {"error"}


def cause_of(texts: list[str], error: str = "") -> list[str]:
    return [line.text for line in mark_cause(lines_of(texts), error) if line.is_cause]


def test_the_cause_is_the_last_exception_else_the_error_else_the_last_line():
    assert cause_of(KFP) == ["components.errors.StepError: no such table: fct_orders"]
    assert cause_of([*KFP, "ERROR: what is left is deleted"]) == [KFP[14]]
    assert cause_of(["killed", "bye", "", KFP[-1]], "killed\nexit code 137") == ["killed"]
    assert cause_of(["ERROR: out of memory", "bye"], "exit code 1") == ["ERROR: out of memory"]
    assert cause_of(["one", "two", "", KFP[-1]], "exit code 1") == ["two"]
    assert cause_of([], "exit code 1") == []


def test_the_cause_is_the_last_of_chained_exceptions():
    first = ["Traceback (most recent call last):", "  File x", "KeyError: 'a'", "", "During handling:", ""]
    last = ["Traceback (most recent call last):", "  File y", "ValueError: b"]
    assert cause_of(first + last) == ["ValueError: b"]


def test_a_carriage_return_overwrites_what_stood_before():
    assert lines_of(["10 %\r50 %\rdone"])[0].text == "done"


@pytest.mark.parametrize(
    ("text", "shown", "more"),
    [
        (r'{"message": "\u001b[31m\u0000", "file": "\udcff"}', "�[31m�", "file: �"),
        ('{"message": ' + 50_000 * "[", '{"message": ' + 50_000 * "[", ""),
    ],
)
def test_what_cannot_be_shown_or_parsed_breaks_no_page(text, shown, more):
    (line,) = lines_of([text])
    assert (line.text, line.more) == (shown, more)
    assert line.text.encode()
