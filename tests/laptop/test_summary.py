"""The summary of a run shows what its steps counted."""

import io
from typing import Any

import pytest
from rich.console import Console

from laptop.summary import show_summary

EXPORTED = {"documents": 1200, "new": 3, "changed": 2, "deleted": 1, "unchanged": 1195, "rejects": 4}
COUNTS: dict[str, Any] = {
    "run_dataform": {"actions": {"SUCCEEDED": 78}},
    "train_churn_model": {"served_metrics": {}, "served_version": "v", "model_version": "v"},
    "write_predictions": {"customers": 10, "high_risk": 2, "ranks": True},
}


RECEIPT: dict[str, Any] = {
    "documents_read": 1200,
    "bytes_billed": 850 * 2**20,
    "machine_seconds": 95.4,
    "estimated_cost": 0.1195,
    "firestore_cost": 0.0004,
    "bigquery_cost": 0.0051,
    "vertex_cost": 0.114,
}


def summary_of(exported: dict[str, Any]) -> str:
    written = io.StringIO()
    counts = COUNTS | {"export_sales": exported}
    records = [{"step": step, "counts": count} for step, count in counts.items()]
    show_summary(Console(file=written, width=200), "2026-01-31", records, RECEIPT, {})
    return written.getvalue()


def test_the_estimated_cost_is_shown_within_eighty_columns() -> None:
    told = (
        "cost         about $0.12 on Google Cloud, including the run fee:\n"
        "             1,200 reads $0.000, 850 MiB queried $0.005, 95 s of compute $0.11\n"
    )
    assert told in summary_of(EXPORTED)
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "4 rejected\n"),
        ({"source_rows": 900, "left_out": 0, "left_out_reasons": {}}, "4 rejected\n"),
        (
            {"source_rows": 1900, "left_out": 1003, "left_out_reasons": {"nobody": 1002, "another kind": 1}},
            "4 rejected; 1,003 of 1,900 documents left out (nobody: 1,002, another kind: 1)\n",
        ),
    ],
)
def test_documents_left_out_by_a_mapping_are_shown(more: dict[str, Any], told: str) -> None:
    line = "exported     1,200 documents: 3 new, 2 changed, 1 deleted, 1,195 unchanged; "
    assert line + told in summary_of(EXPORTED | more)


def test_with_base_rate_predictions_nobody_is_shown_at_risk() -> None:
    noise = {
        "train_churn_model": COUNTS["train_churn_model"]
        | {"warnings": ["Customers are not ranked: its ROC AUC may be chance. A longer history may help"]},
        "write_predictions": {"customers": 10, "high_risk": 0, "ranks": False},
    }
    counts = COUNTS | {"export_sales": EXPORTED} | noise
    written = io.StringIO()
    records = [{"step": step, "counts": count} for step, count in counts.items()]
    show_summary(Console(file=written, width=200), "2026-01-31", records, RECEIPT, {})
    told = written.getvalue()
    assert "10 customers, all at the base rate: the model is no better than chance, so no customer is" in told
    assert "high risk" not in told
    assert (
        "warning      Customers are not ranked: its ROC AUC may be chance. A longer history may help\n"
        in told
    )


def test_news_is_shown_before_the_cost() -> None:
    written = io.StringIO()
    records = [
        {"step": step, "counts": count} for step, count in (COUNTS | {"export_sales": EXPORTED}).items()
    ]
    show_summary(
        Console(file=written, width=200), "2026-01-31", records, RECEIPT, {}, "since 2026-01-30: 2 …"
    )
    lines = written.getvalue().splitlines()
    assert lines[lines.index("new today    since 2026-01-30: 2 …") + 1].startswith("cost ")


HOSTILE = "[/] [red]x[/red] [bold :warning: [link=file:///etc/passwd]y[/link]"


def test_texts_are_shown_as_they_are_and_control_nothing() -> None:
    exported = EXPORTED | {
        "source_rows": 9,
        "left_out": 1,
        "left_out_reasons": {f"{HOSTILE}\x1b[2J\r\u202e": 1},
    }
    assert f"documents left out ({HOSTILE}�[2J��: 1)\n" in summary_of(exported)
