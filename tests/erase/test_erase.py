"""Two of five customers are erased: no trace of them remains, and nothing changes for the others."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from google.cloud.firestore import FieldFilter

from components.shared.erasures import MARK
from erase import clicks, erasure, manifests, sales, tables
from erase.__main__ import main
from tests.erase.shop import EMIL, ERASED, PARENT, TODAY, YESTERDAY, Shop, fill, opened
from tests.orchestrator.holding import active_run


@pytest.fixture(scope="module")
def shop(cloud: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    made = opened("erase-shop", tmp_path_factory.mktemp("reports"))
    fill(made)
    yield made
    made.client.close()


# An erasure whose process dies when it reaches a given function.
KILLED = """
import os, signal, sys
from importlib import import_module
setattr(import_module(sys.argv[1]), sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
from erase.__main__ import main
main(sys.argv[3:])
"""


@pytest.mark.timeout(1500)
def test_one_erasure_from_the_dry_run_to_the_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def erase(*words: str) -> str:
        assert main([*ERASED, *shop.names, *words]) == 0
        return capsys.readouterr().out

    def killed_at(module: Any, name: str) -> None:
        words = [sys.executable, "-c", KILLED, module.__name__, name, *ERASED, *shop.names, "--yes"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == -signal.SIGKILL, done.stderr

    before, traces = shop.others(), shop.traces()
    # Each kind of place holds a trace beforehand, so the scan would find one that was left.
    assert {name.partition("/")[0].partition(" ")[0] for name in traces} >= {
        *("Firestore", "sales", "sales_rejects", "clickstream", "mlops", "dashboard.html"),
        *(
            f"{shop.datasets['staging']}.stg_{name}"
            for name in ("sales_rows", "sales_latest", "sales_past", "click")
        ),
        *(f"{shop.datasets['warehouse']}.{name}" for name in ("fct_sales", "fct_sales_past", "dim_customer")),
        *(f"{shop.datasets['warehouse']}.{name}" for name in ("agg_cust_metrics", "fact_predictions_churn")),
        f"{shop.datasets['warehouse']}.retention_audiences",
        f"{shop.datasets['contacts']}.customer_ids",
        *(f"{shop.datasets['features']}.churn_{name}_examples" for name in ("training", "scoring")),
    }
    assert "nothing was removed" in erase("--dry-run")
    assert shop.traces() == traces
    killed_at(sales, "remove")
    killed_at(manifests, "_replace")
    with monkeypatch.context() as patch:
        patch.setattr(clicks, "FOLDER", "nowhere")  # one place is skipped
        erase("--yes")
    assert shop.traces() == {f"clickstream/load_date={YESTERDAY}/part.jsonl"}
    killed_at(tables, "remove")
    assert "resuming the erasure" in erase("--yes")
    assert shop.traces() == set()
    assert "there was nothing to erase" in erase("--yes")
    shop.transform("third")
    assert shop.traces("TABLE", "EXTERNAL", "VIEW") == set()
    _check_others(shop, before)
    assert shop.rebuild("anew") == "SUCCEEDED"  # reads only bronze, which has no trace either
    assert shop.traces("TABLE", "EXTERNAL", "VIEW") == set()
    _check_others(shop, before)
    assert shop.export(TODAY).rows == 0
    _check_certificates(shop)
    _check_manifests(shop)


def _check_others(shop: Shop, before: dict[str, list[str]]) -> None:
    """Check that only from-carl changed: last Anna's, it is now recorded as deleted from Carl."""
    after, latest = shop.others(), f"{shop.datasets['staging']}.stg_sales_latest"
    [came] = [row for row in after[latest] if row not in before[latest]]
    assert '"document_id":"from-carl"' in came
    assert '"is_deleted":true' in came
    after[latest].remove(came)
    assert after == before


def _check_manifests(shop: Shop) -> None:
    """Check the counts against the documents that stay, worked out from what the shop did."""
    names = ("documents", "new", "changed", "deleted", "unchanged", "rows", "rejects")
    found = [tuple(manifest[name] for name in names) for manifest in shop.manifests()]
    stay = 3 * 9  # the sales of three customers
    # Includes from-carl; from-anna counts as a deletion, since it becomes Dora's only later.
    first = (stay + 1, stay + 1, 0, 1, 0, stay + 2, 0)
    # 2-8 was refunded, 3-8 and from-carl were deleted, and from-anna is new.
    second = (stay, 1, 1, 2, stay - 2, 4, 0)
    assert found == [first, second]


def _check_certificates(shop: Shop) -> None:
    names = [blob.name for blob in shop.bucket.list_blobs(prefix="erasures/")]
    certificates = [name for name in names if name.endswith(".json")]
    assert len(names) == 4
    first, second = (json.loads(shop.bucket.blob(name).download_as_bytes()) for name in sorted(certificates))
    assert first["customers"] == 2
    assert first["digests"] == second["digests"]
    places = {each["place"]: each for each in first["places"]}
    assert all(each["left"] == 0 for each in places.values())
    assert (places["sales/"]["before"], places["sales/"]["after"]) == (60, 33)
    assert places[f"Firestore {shop.sales.id}"]["theirs"] == 24


def test_an_erasure_waits_while_a_run_is_active(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    with active_run(PARENT, "holds-erasures"):
        assert main([EMIL, *shop.names, "--yes"]) == 1
    _check_nothing_began(shop, capsys.readouterr().err, "holds-erasures")


def test_an_erasure_overtaken_by_a_run_changes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = iter([lambda _: None])  # the first check finds no run: the run starts just after it
    real = erasure.refuse_while_one_is_active
    monkeypatch.setattr(erasure, "refuse_while_one_is_active", lambda platform: next(looks, real)(platform))
    with active_run(PARENT, "overtakes-erasures"):
        assert main([EMIL, *shop.names, "--yes"]) == 1
    _check_nothing_began(shop, capsys.readouterr().err, "overtakes-erasures")


def _check_nothing_began(shop: Shop, error: str, run_id: str) -> None:
    assert f"an active run reads the data to be erased: wait for {run_id}" in error
    assert [sale.id for sale in shop.sales.where(filter=FieldFilter("customer_id", "==", EMIL)).stream()]
    assert not shop.bucket.blob(MARK).exists()


@pytest.mark.timeout(1200)
def test_a_deleted_document_leaves_bronze_and_the_warehouse(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = ['"3-8"']
    assert len(shop.holding(theirs, "TABLE")) >= 4
    assert main([*shop.names, "--deleted", "--yes"]) == 0
    assert "there was nothing to erase" in capsys.readouterr().out
    assert main([*shop.names, "--deleted", "--erase-after-days", "0", "--yes"]) == 0
    assert shop.holding(theirs, "TABLE") == {}
    shop.transform("deleted")
    assert shop.holding(theirs) == {}
    assert sum(manifest["deleted"] for manifest in shop.manifests()) <= 1  # from-anna, which came back
    assert shop.export(TODAY).rows == 0
