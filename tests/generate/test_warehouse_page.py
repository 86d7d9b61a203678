import pytest

from generate import warehouse_page

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def graph():
    return warehouse_page.compile_definitions()


def test_every_table_and_every_column_stands_on_the_page(graph):
    page = warehouse_page.page(graph)
    for one in [*graph["tables"], *graph["operations"]]:
        assert f"\n### {one['target']['name']}\n" in page
        for column in one["actionDescriptor"]["columns"]:
            assert f"\n| `{column['path'][0]}` | {column['description']} |\n" in page


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
