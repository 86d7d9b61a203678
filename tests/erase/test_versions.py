"""Whose a version is, and what a manifest's counts are without it, worked out by hand."""

from datetime import UTC, datetime, timedelta

from erase.versions import COUNTED, Row, count_contributions, judge

NOW = datetime(2026, 1, 31, tzinfo=UTC)
THEIRS, OTHERS, UNSAID = True, False, None


def row(export: str, document: str, owner: bool | None, kind: str = "", age: int = 0) -> Row:
    known = NOW - timedelta(days=age)
    return Row(export, document, owner, kind == "deleted", kind == "unreadable", known)


def test_a_document_that_was_only_theirs_goes_entirely() -> None:
    history = [row("1", "a", THEIRS), row("2", "a", UNSAID, "unreadable"), row("3", "a", UNSAID, "deleted")]
    verdict = judge([history, [row("1", "b", UNSAID, "unreadable")]], None)
    assert (verdict.documents, verdict.blanked, verdict.gone) == ({"a", "b"}, {}, set())


def test_of_a_shared_document_only_their_versions_go() -> None:
    came = [row("1", "came", OTHERS), row("2", "came", THEIRS), row("3", "came", UNSAID, "unreadable")]
    left = [row("1", "left", THEIRS), row("2", "left", OTHERS), row("3", "left", UNSAID, "unreadable")]
    verdict = judge([came, left], None)
    assert verdict.documents == set()
    assert verdict.blanked == {"1": {"left"}, "2": {"came"}, "3": {"came"}}
    assert verdict.gone == {"came"}
    assert verdict.less(came[0]) == came[0]
    assert verdict.less(came[1]) == Row("2", "came", None, True, False, NOW)


def test_only_documents_deleted_long_ago_go() -> None:
    long_gone = [row("1", "long", OTHERS), row("2", "long", UNSAID, "deleted", age=31)]
    just_gone = [row("1", "just", OTHERS), row("2", "just", UNSAID, "deleted", age=29)]
    came_back = [*(row(each.export_id, "back", each.owner, "deleted", 40) for each in long_gone)]
    verdict = judge([long_gone, just_gone, [*came_back, row("3", "back", OTHERS)]], NOW - timedelta(days=30))
    assert verdict.documents == {"long"}


def test_how_documents_add_to_the_counts() -> None:
    first = [row("1", "a", THEIRS), row("3", "a", UNSAID, "unreadable"), row("4", "a", UNSAID, "deleted")]
    second = [row("2", "b", THEIRS), row("3", "b", UNSAID, "deleted"), row("4", "b", THEIRS)]
    found = count_contributions(["1", "2", "3", "4"], [first, second])
    # documents, new, changed, deleted, unchanged, rows, rejects
    assert {export: tuple(counts[name] for name in COUNTED) for export, counts in found.items()} == {
        "1": (1, 1, 0, 0, 0, 1, 0),
        "2": (2, 1, 0, 0, 1, 1, 0),
        "3": (1, 0, 1, 1, 0, 2, 1),
        "4": (1, 1, 0, 1, 0, 2, 0),
    }
