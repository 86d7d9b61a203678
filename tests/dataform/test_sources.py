"""Switching a source off disables what is made from it, and nothing else."""

from functools import cache
from typing import Any

import pytest

from localcloud.dataform.official_tool import OfficialTool
from localcloud.dataform.trees import read_tree
from tests.dataform.conftest import DEFINITIONS

TAGS = {"": {"clickstream", "startups"}, "clickstream": {"startups"}, "clickstream,startups": set()}


@cache
def graph_of(sources: str) -> Any:
    tool = OfficialTool()
    try:
        return tool.compile(read_tree(DEFINITIONS), {"vars": {"sources": sources}})
    finally:
        tool.close()


def actions_of(graph: Any) -> dict[str, Any]:
    kinds = ("tables", "operations", "assertions")
    return {each["target"]["name"]: each for kind in kinds for each in graph.get(kind, [])}


@pytest.mark.services
@pytest.mark.parametrize(("sources", "off"), TAGS.items())
def test_what_depends_on_a_source_that_is_off_is_disabled(sources: str, off: set[str]) -> None:
    graph = graph_of(sources)
    """The sales need the key's assertion as well, and features read of no clicks as they read of clicks."""
    assert not graph.get("graphErrors", {}).get("compilationErrors")
    actions = actions_of(graph)
    disabled = {name for name, action in actions.items() if action.get("disabled")}
    kept = {name for name in actions if name == "assert_one_pseudonym_key" or "fct_click_versions" in name}
    assert disabled == {name for name, action in actions.items() if off & set(action["tags"])} - kept


@pytest.mark.services
def test_nothing_that_is_on_reads_what_is_off() -> None:
    actions = actions_of(graph_of(""))
    off = {name for name, action in actions.items() if action.get("disabled")}
    assert {"ext_clickstream_gcs", "dim_startup", "bi_funnel_by_day", "stg_click_rejects"} <= off
    for name, action in actions.items():
        if name not in off:
            read = {target["name"] for target in action.get("dependencyTargets", [])}
            assert not read & off, name
    freshness = actions["bi_data_freshness"]["query"]
    assert "'sales' AS source" in freshness
    assert "clickstream" not in freshness
