"""docs/access.md, as far as it can be checked without Terraform."""

from generate.access_page import HEADER, PAGE, without_reason


def test_a_line_without_a_reason_is_reported() -> None:
    told = "| a-sa | roles/storage.objectViewer | bucket b |  |"
    text = f"{HEADER}| b-sa | roles/run.invoker | job j | it starts it |\n{told}\n"
    assert without_reason(text) == [told]
    assert without_reason(PAGE.read_text(encoding="utf-8")) == []
