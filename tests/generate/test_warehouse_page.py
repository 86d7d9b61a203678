import re

import pytest

from generate import questions, warehouse_page
from infra import tables

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def graph():
    return warehouse_page.compile_definitions()


def test_every_table_and_every_column_is_on_the_page(graph):
    page = warehouse_page.page(graph)
    for one in [*graph["tables"], *graph["operations"]]:
        assert f"\n### {one['target']['name']}\n" in page
        for column in one["actionDescriptor"]["columns"]:
            assert f"\n| `{column['path'][0]}` | {column['description']} |\n" in page


def test_tables_that_steps_write_are_there_with_their_grain_and_a_question(graph):
    page = warehouse_page.page(graph)
    for name, one in tables.definitions().items():
        [part] = re.findall(rf"^### {name}\n(.*?)(?=^###? |\Z)", page, re.MULTILINE | re.DOTALL)
        columns = [column["name"] for column in one["schema"]]
        assert re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE) == columns
        [grain] = re.findall(r"Grain: (.*?)\.$", part, re.MULTILINE)
        assert set(grain.split(", ")) <= set(columns)
        assert "\nAsked: [" in part


def test_a_link_leads_to_its_question():
    text = questions.PAGE.read_text(encoding="utf-8")
    found = questions.questions(text)
    assert len(found) == 16 == len(re.findall(r"^## ", text, re.MULTILINE))
    assert found[0].link.endswith("(questions.md#1-what-was-the-revenue-of-each-category-in-january)")


def test_the_lineage_is_what_the_queries_read(graph):
    page = warehouse_page.page(graph)
    for edge in ("ext_sales_gcs --> stg_sales_checked", "fct_sales --> dim_customer"):
        assert f"\n  {edge}\n" in page
    assert "assert_" not in page.partition("```mermaid")[2].partition("```")[0]


def test_definitions_that_do_not_compile_are_named(tmp_path):
    (tmp_path / "definitions").mkdir()
    (tmp_path / "workflow_settings.yaml").write_text("defaultProject: p\ndefaultDataset: d\n")
    (tmp_path / "definitions" / "a.sqlx").write_text("SELECT * FROM ${ref('nowhere')}")
    with pytest.raises(ValueError, match="nowhere"):
        warehouse_page.compile_definitions(tmp_path)
