"""The steps and the generators: what each is given for an attempt, and what must be true afterwards.

`account` works this out from the shop's documents, in plain Python, and yields a line for each error.
"""

import io
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Protocol

import pyarrow.parquet as pq
from google.auth.credentials import AnonymousCredentials
from google.cloud.aiplatform.constants.base import SUPPORTED_REGIONS
from google.cloud.aiplatform_v1 import ModelServiceClient
from google.cloud.aiplatform_v1.services.model_service.transports.rest import ModelServiceRestTransport
from google.cloud.storage import Blob

from components.export_sales.request import ExportRequest
from components.export_sales.shards import export_shard, plan_export
from components.shared.clients import dataform_client, firestore_client
from components.shared.defaults import MAX_QUERY_GIB, TRAINING_ROWS_DAYS
from components.write_predictions.scores import part_name
from components.write_predictions.step import score_shard
from generators import clickstream, sales, startups
from generators.population import Population
from tests.faults import child
from tests.faults.child import Work
from tests.faults.ground import (
    CUTOFFS,
    LAKE,
    LOCATION,
    TEMPLATE,
    TRAINING_PROJECTS,
    Ground,
    copy_objects,
    export_arguments,
    record_of,
    started,
)
from tests.faults.shop import AS_OF, HORIZON, purchases, sold_on

SHARDS = 3
DOCUMENTS_A_SHARD = 128


class Step(Protocol):
    """A step: its name, the preparation of an attempt, the work, and the accounting."""

    name: str

    def prepare(self, ground: Ground, name: str) -> None:
        """Create the places that the attempt writes to."""

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:
        """Return the work as part of a run; its artifacts go into folder."""

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        """Yield what is wrong once the work is done."""

    def failed(self, ground: Ground, name: str, run_id: str) -> str:  # noqa: ARG002 -- most say nothing
        """Return what a step that ended well reports as not done."""
        return ""


def run_ids(name: str) -> tuple[str, str]:
    """Return the ids of an attempt's run and of its rerun, which is a separate run."""
    return f"run-{name}", f"run-{name}-r2"


def _record(ground: Ground, bucket: str, run_id: str, step: str) -> Iterator[str]:
    state = record_of(ground, bucket, run_id, step)["state"]
    if state != "SUCCEEDED":
        yield f"the record of {step} says {state}"


def _differ(what: str, found: Any, wanted: Any) -> Iterator[str]:
    if found != wanted:
        yield f"{what}: {found!r:.300} is not {wanted!r:.300}"


def _once(what: str, found: list[Any]) -> Iterator[str]:
    twice = [key for key, count in Counter(found).items() if count > 1]
    if twice:
        yield f"{what} more than once: {twice[:3]}"


class ExportSales(Step):
    """The second day's export, after a good first one."""

    name = "export_sales"

    def prepare(self, ground: Ground, name: str) -> None:
        copy_objects(ground, TEMPLATE, ground.make_bucket(f"lake-{name}"))

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:
        request = export_arguments(ground, f"lake-{name}", AS_OF)
        arguments = {"function": "run", "request": request, "run_id": run_id}
        return Work(child.__name__, "export", arguments, {"sales": {}}, folder)

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        shop, bucket = ground.shop, ground.storage.bucket(f"lake-{name}")
        blobs = {blob.name: blob for blob in ground.storage.list_blobs(bucket)}
        manifests = [
            json.loads(blobs[key].download_as_bytes()) for key in blobs if key.startswith("sales_manifests/")
        ]
        named = [file for manifest in manifests for file in manifest["files"]]
        yield from _once("a file is named", named)
        yield from _differ("files", {key for key in blobs if key.startswith("sales/")}, set(named))
        rows = [row for key in named for row in _parquet(blobs[key])]
        names = ("document_id", "update_time", "is_deleted")
        yield from _once("a version is there", [tuple(row[name] for name in names) for row in rows])
        yield from _differ("rows", len(rows), shop.versions())
        last: dict[str, dict[str, Any]] = {}
        for row in sorted(rows, key=lambda row: (row["update_time"], row["is_deleted"])):
            last[row["document_id"]] = row
        there = {key: row for key, row in last.items() if not row["is_deleted"]}
        yield from _differ("documents", there.keys(), shop.now.keys())
        unreadable = {key for key, row in there.items() if row["unreadable"]}
        yield from _differ("unreadable documents", unreadable, shop.unreadable())
        for field in ("customer_id", "total_amount", "status"):
            found = {key: row[field] for key, row in there.items() if not row["unreadable"]}
            wanted = {key: fields[field] for key, fields in shop.now.items() if key in found}
            yield from _differ(field, found, wanted)
        newest = max(manifests, key=lambda manifest: manifest["read_time"])
        yield from _differ("documents of the newest manifest", newest["documents"], len(shop.now))
        listed = {row["document_id"] for row in _parquet(blobs[newest["index"]])}
        yield from _differ("index", listed, shop.now.keys())
        yield from _record(ground, bucket.name, run_id, "export_sales")


class PlanExport(ExportSales):
    """The plan of the second day's export in shards."""

    name = "plan_export"

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:
        arguments = {
            "function": "run_plan",
            "request": export_arguments(ground, f"lake-{name}", AS_OF),
            "run_id": run_id,
            "max_query_gib": MAX_QUERY_GIB,
            "max_run_cost": 0.0,
            "most_shards": SHARDS,
            "documents_a_shard": DOCUMENTS_A_SHARD,
        }
        return Work(child.__name__, "export", arguments, {}, folder)

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        bucket = ground.storage.bucket(f"lake-{name}")
        plan = json.loads(bucket.blob("sales_index/unfinished/plan.json").download_as_bytes())
        yield from _differ("documents", plan["documents"], len(ground.shop.now))
        ids = sorted(ground.shop.now)
        wanted = [ids[len(ids) * part // SHARDS] for part in range(1, SHARDS)]
        yield from _differ("cursors", plan["cursors"], wanted)
        yield from _record(ground, bucket.name, run_id, self.name)


class ExportShard(ExportSales):
    """A shard of the second day's export."""

    name = "export_shard"

    def prepare(self, ground: Ground, name: str) -> None:
        super().prepare(ground, name)
        _plan(ground, name)

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:
        arguments = {
            "function": "run_shard",
            "request": export_arguments(ground, f"lake-{name}", AS_OF),
            "run_id": run_id,
            "max_query_gib": MAX_QUERY_GIB,
            "shard": 1,
        }
        return Work(child.__name__, "export", arguments, {}, folder)

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        shop, ids = ground.shop, sorted(ground.shop.now)
        blobs = {blob.name: blob for blob in ground.storage.list_blobs(f"lake-{name}")}
        [(key, mark)] = [(key, blob) for key, blob in blobs.items() if key.endswith("/00001.json")]
        first, behind = (ids[len(ids) * part // SHARDS] for part in (1, 2))
        wanted = {each for each in ids if first <= each < behind}
        listed = {row["document_id"] for row in _parquet(blobs[f"{key.removesuffix('json')}parquet"])}
        yield from _differ("index", listed, wanted)
        files = json.loads(mark.download_as_bytes())["files"]
        yield from _differ("files", {key for key in blobs if key.count("-00001-") == 1}, set(files))
        rows = [row for file in files for row in _parquet(blobs[file])]
        yield from _once("a document is there", [row["document_id"] for row in rows])
        there = {row["document_id"] for row in rows if not row["is_deleted"]}
        changed = {each for each in wanted if shop.before.get(each) != shop.now[each]}
        yield from _differ("documents that changed", there, changed)
        gone = {each for each in shop.before.keys() - shop.now.keys() if first <= each < behind}
        yield from _differ("documents that are gone", {row["document_id"] for row in rows} - there, gone)
        yield from _record(ground, f"lake-{name}", run_id, "export_shard_00001")


class ExportSalesOfShards(ExportSales):
    """The second day's export, after its shards have exported everything."""

    name = "export_sales_of_shards"

    def prepare(self, ground: Ground, name: str) -> None:
        super().prepare(ground, name)
        request = _plan(ground, name)
        for shard in range(SHARDS):
            export_shard(request, shard)

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:
        work = super().work(ground, name, run_id, folder)
        return replace(work, arguments=work.arguments | {"export_shards": SHARDS})

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        yield from super().account(ground, name, run_id)
        left = list(ground.storage.list_blobs(f"lake-{name}", prefix="sales_index/unfinished/"))
        yield from _differ("what the shards left", left, [])


def _plan(ground: Ground, name: str) -> ExportRequest:
    request = ExportRequest(**export_arguments(ground, f"lake-{name}", AS_OF))
    plan_export(request, SHARDS, DOCUMENTS_A_SHARD)
    return request


def _parquet(blob: Blob) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(blob.download_as_bytes())).to_pylist()
    return found


class RunDataform(Step):
    """A small workspace that turns bronze into silver: to the step it is no different from a larger one."""

    name = "run_dataform"

    def prepare(self, ground: Ground, name: str) -> None:
        for layer in ("staging", "assertions"):
            ground.make_dataset(f"{layer}_{name}")

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:
        own = {layer: f"{layer}_{name}" for layer in ("staging", "assertions")}
        arguments = {
            "project": ground.project,
            "location": LOCATION,
            "bucket": LAKE,
            "repository": "faults",
            "workspace": "work",
            "service_account": "",
            "datasets": own | {layer: f"{layer}_faults" for layer in ("warehouse", "bi", "keys", "contacts")},
            "as_of": AS_OF.isoformat(),
            "run_id": run_id,
            "max_query_gib": MAX_QUERY_GIB,
            "max_reject_share": 0.5,
            "business_time_zone": "UTC",
            "sources": "",
            "timeout_seconds": 3600,
            "longest_poll_seconds": 10.0,
        }
        artifacts = {"sales": {"uri": "gs://"}, "fct_sales": {}}
        return Work("components.run_dataform.step", "run", arguments, artifacts, folder)

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        shop, table = ground.shop, f"`{ground.project}.staging_{name}.stg_sales`"
        rows = ground.rows(f"SELECT * FROM {table}")
        yield from _once("a document is there", [row["document_id"] for row in rows])
        good = {r["document_id"]: (r["total_amount"], r["status"]) for r in rows if not r["is_rejected"]}
        wanted = {key: (fields["total_amount"], fields["status"]) for key, fields in shop.good.items()}
        yield from _differ("sales of silver", good, wanted)
        yield from _differ("rejects", {r["document_id"] for r in rows} - good.keys(), shop.bad)
        running = [
            each.name
            for each in dataform_client().list_workflow_invocations(
                parent=f"projects/{ground.project}/locations/{LOCATION}/repositories/faults"
            )
            if each.state.name == "RUNNING" and name in str(each)
        ]
        yield from _differ("invocations that still run", running, [])
        yield from _record(ground, LAKE, run_id, self.name)


class ExtractFeatures(Step):
    """A day's examples."""

    name = "extract_features"

    def prepare(self, ground: Ground, name: str) -> None:
        ground.make_tables(name, "churn_training_examples", "churn_scoring_examples")
        ground.make_bucket(f"lake-{name}")

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:
        arguments = {
            "project": ground.project,
            "location": LOCATION,
            "bucket": f"lake-{name}",
            "features_dataset": f"features_{name}",
            "as_of": AS_OF.isoformat(),
            "run_id": run_id,
            "max_query_gib": MAX_QUERY_GIB,
            "horizon_days": HORIZON,
            "cutoffs": CUTOFFS,
            "training_rows_days": TRAINING_ROWS_DAYS,
        }
        facts = {"projectId": ground.project, "datasetId": "warehouse_ground", "tableId": "fct_sales"}
        artifacts = {"fct_sales": facts, "training_examples": {}, "scoring_examples": {}}
        return Work("components.extract_features.step", "run", arguments, artifacts, folder)

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        sales = ground.shop.good.values()
        columns = "customer_key, as_of_date, sales, spend"
        dataset = f"{ground.project}.features_{name}"
        scoring = ground.rows(f"SELECT {columns} FROM `{dataset}.churn_scoring_examples`")
        yield from _once("a customer is to be scored", [row["customer_key"] for row in scoring])
        yield from _differ("scoring examples", _figures(scoring), _worked_out(sales, AS_OF))
        training = ground.rows(
            f"SELECT {columns}, cutoff_date, churned FROM `{dataset}.churn_training_examples`"
        )
        by_cutoff: dict[date, list[dict[str, Any]]] = {}
        for row in training:
            by_cutoff.setdefault(row["cutoff_date"], []).append(row)
        yield from _differ("cut-offs", len(by_cutoff), CUTOFFS)
        for cutoff, rows in by_cutoff.items():
            yield from _once(f"an example of {cutoff}", [row["customer_key"] for row in rows])
            yield from _differ(f"examples of {cutoff}", _figures(rows), _worked_out(sales, cutoff))
            horizon = cutoff + timedelta(days=HORIZON)
            later = {
                fields["customer_id"]
                for fields in sales
                if fields["status"] == "completed" and cutoff <= sold_on(fields) < horizon
            }
            churned = {row["customer_key"] for row in rows if row["churned"]}
            yield from _differ(f"churned of {cutoff}", churned, _worked_out(sales, cutoff).keys() - later)
        yield from _record(ground, f"lake-{name}", run_id, self.name)


def _figures(rows: list[dict[str, Any]]) -> dict[str, tuple[int, float]]:
    return {row["customer_key"]: (row["sales"], row["spend"]) for row in rows}


def _worked_out(sales: Any, before: date) -> dict[str, tuple[int, float]]:
    return {
        customer: (len(bought), sum(round(fields["total_amount"] * 100) for fields in bought) / 100)
        for customer, bought in purchases(sales, before).items()
    }


class TrainChurnModel(Step):
    """A training; its own project and location give it its own model registry."""

    name = "train_churn_model"

    def __init__(self) -> None:
        locations = sorted(SUPPORTED_REGIONS - {"us", "global", LOCATION})
        self._free = itertools.product(TRAINING_PROJECTS, locations)
        self._places: dict[str, tuple[str, str]] = {}

    def prepare(self, ground: Ground, name: str) -> None:
        ground.make_bucket(f"lake-{name}")
        self._places[name] = next(self._free)

    def _model(self, name: str) -> str:
        project, location = self._places[name]
        return f"projects/{project}/locations/{location}/models/customer-churn-{HORIZON}-days"

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:  # noqa: ARG002
        project, location = self._places[name]
        arguments = {
            "project": project,
            "location": location,
            "bucket": f"lake-{name}",
            "as_of": AS_OF.isoformat(),
            "run_id": run_id,
            "max_query_gib": MAX_QUERY_GIB,
            "horizon_days": HORIZON,
        }
        examples = {"projectId": project, "datasetId": "features_ground", "tableId": "t"}
        made = ("model", "metrics", "classification", "report", "model_card")
        artifacts: dict[str, dict[str, Any]] = {"training_examples": examples, "scoring_examples": examples}
        artifacts |= {each: {} for each in made}
        return Work("components.train_churn_model.step", "run", arguments, artifacts, folder)

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        counts = record_of(ground, f"lake-{name}", run_id, self.name)["counts"]
        versions = list(_models(ground).list_model_versions(name=self._model(name)))
        digests = [version.labels["digest"] for version in versions]
        yield from _differ("versions in the registry", digests, [counts["model_version"]])
        kept = {
            blob.name.removeprefix("mlops/models/"): blob
            for blob in ground.storage.list_blobs(f"lake-{name}", prefix="mlops/models/")
        }
        manifest = json.loads(kept[f"{digests[0]}/manifest.json"].download_as_bytes())
        yield from _differ("the version that is kept", manifest["version"], digests[0])
        yield from _differ("rows learnt from", manifest["rows"], _examples(ground))
        yield from _record(ground, f"lake-{name}", run_id, self.name)


def _models(ground: Ground) -> ModelServiceClient:
    host = ground.endpoints.address("vertex")
    transport = ModelServiceRestTransport(host=host, url_scheme="http", credentials=AnonymousCredentials())
    return ModelServiceClient(transport=transport)


def _examples(ground: Ground) -> int:
    newest = AS_OF - timedelta(days=HORIZON)
    spacing = timedelta(days=counted_spacing(ground, newest))
    return sum(len(_worked_out(ground.shop.good.values(), newest - spacing * age)) for age in range(CUTOFFS))


def counted_spacing(ground: Ground, newest: date) -> int:
    """Return the days between cut-offs: a third of the horizon, or more where the history is long enough."""
    first = min(sold_on(f) for f in ground.shop.good.values() if f["status"] == "completed")
    return max(1, HORIZON // 3, min(28, (newest - first).days // CUTOFFS))


class ScoreShard(Step):
    """The scores of one shard of a day's customers."""

    name = "score_shard"

    def prepare(self, ground: Ground, name: str) -> None:
        ground.make_bucket(f"lake-{name}")

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:
        artifacts = {"scoring_examples": _examples_of(ground), "model": {"path": str(ground.model)}}
        arguments = _scoring(ground, name, run_id) | {"shard": 1, "shards": SHARDS}
        return Work("components.write_predictions.step", "run_shard", arguments, artifacts, folder)

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        part = ground.storage.bucket(f"lake-{name}").blob(part_name(run_id, 1, SHARDS))
        keys = [row["customer_key"] for row in _parquet(part)]
        yield from _once("a customer is there", keys)
        first, end = (f"{2**64 * number // SHARDS:016x}" for number in (1, 2))
        customers = purchases(ground.shop.good.values(), AS_OF).keys()
        yield from _differ("customers", set(keys), {key for key in customers if first <= key < end})
        yield from _record(ground, f"lake-{name}", run_id, "score_shard_00001")


class WritePredictions(Step):
    """A day's predictions."""

    name = "write_predictions"
    shards = 1

    def prepare(self, ground: Ground, name: str) -> None:
        ground.make_tables(name, "fact_predictions_churn")
        ground.make_bucket(f"lake-{name}")

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:
        arguments = _scoring(ground, name, run_id) | {
            "warehouse_dataset": f"warehouse_{name}",
            "scored_at": started(),
            "scoring_shards": self.shards,
        }
        model = {"path": str(ground.model)}
        artifacts = {"scoring_examples": _examples_of(ground), "model": model, "predictions": {}}
        return Work("components.write_predictions.step", "run", arguments, artifacts, folder)

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        rows = ground.rows(
            "SELECT customer_key, prediction_date, churn_probability, decile, pipeline_run_id "
            f"FROM `{ground.project}.warehouse_{name}.fact_predictions_churn`"
        )
        yield from _once(
            "a prediction is there", [(row["customer_key"], row["prediction_date"]) for row in rows]
        )
        customers = {row["customer_key"] for row in rows}
        yield from _differ("customers", customers, purchases(ground.shop.good.values(), AS_OF).keys())
        yield from _differ("days", {row["prediction_date"] for row in rows}, {AS_OF})
        yield from _differ("runs", {row["pipeline_run_id"] for row in rows} - set(run_ids(name)), set())
        ranked = sorted(rows, key=lambda row: (-row["churn_probability"], row["customer_key"]))
        ranks = record_of(ground, f"lake-{name}", run_id, "write_predictions")["counts"]["ranks"]
        wanted = _tenths(len(ranked)) if ranks else [0] * len(ranked)  # the base rate ranks nobody
        yield from _differ("deciles", [row["decile"] for row in ranked], wanted)
        yield from _record(ground, f"lake-{name}", run_id, "write_predictions")


class WritePredictionsOfShards(WritePredictions):
    """A day's predictions, whose scores are already in the bucket."""

    name = "write_predictions_of_shards"
    shards = SHARDS

    def prepare(self, ground: Ground, name: str) -> None:
        super().prepare(ground, name)
        for run_id, shard in itertools.product(run_ids(name), range(SHARDS)):
            given = _scoring(ground, name, run_id) | {"features_dataset": "features_ground"}
            del given["max_query_gib"]
            score_shard(**given, shard=shard, shards=SHARDS, model_path=str(ground.model))

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        yield from super().account(ground, name, run_id)
        parts = [part_name(run_id, shard, SHARDS) for shard in range(SHARDS)]
        left = {blob.name for blob in ground.storage.list_blobs(f"lake-{name}")}
        yield from _differ("parts that are left", left & set(parts), set())


def _scoring(ground: Ground, name: str, run_id: str) -> dict[str, Any]:
    return {
        "project": ground.project,
        "location": LOCATION,
        "bucket": f"lake-{name}",
        "as_of": AS_OF.isoformat(),
        "run_id": run_id,
        "max_query_gib": MAX_QUERY_GIB,
        "horizon_days": HORIZON,
    }


def _examples_of(ground: Ground) -> dict[str, str]:
    return {"projectId": ground.project, "datasetId": "features_ground", "tableId": "t"}


def _tenths(count: int) -> list[int]:
    sizes = [count // 10 + (number < count % 10) for number in range(10)]
    return [number + 1 for number, size in enumerate(sizes) for _ in range(size)]


class WatchPredictions(Step):
    """A day's monitoring, of predictions that have no outcomes yet."""

    name = "watch_predictions"

    def prepare(self, ground: Ground, name: str) -> None:
        ground.make_tables(name, "fact_predictions_churn", "churn_drift", "churn_outcomes")
        ground.make_bucket(f"lake-{name}")
        known = f"`{ground.project}.warehouse_ground.fct_sale_versions`"
        ground.rows(f"CREATE TABLE `{ground.project}.warehouse_{name}.fct_sales` AS SELECT * FROM {known}")

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:
        arguments = {
            "project": ground.project,
            "location": LOCATION,
            "bucket": f"lake-{name}",
            "as_of": AS_OF.isoformat(),
            "run_id": run_id,
            "max_query_gib": MAX_QUERY_GIB,
            "horizon_days": HORIZON,
            "one_in": 1,
        }
        examples = {"projectId": ground.project, "datasetId": "features_ground", "tableId": "t"}
        predictions = {"projectId": ground.project, "datasetId": f"warehouse_{name}", "tableId": "t"}
        artifacts = {
            "scoring_examples": examples,
            "model": {"path": str(ground.model)},
            "predictions": predictions,
            "report": {},
        }
        return Work("components.watch_predictions.step", "run", arguments, artifacts, folder)

    def failed(self, ground: Ground, name: str, run_id: str) -> str:
        counts = record_of(ground, f"lake-{name}", run_id, self.name)["counts"]
        return "".join(text for text in counts["warnings"] if text.startswith("monitoring failed"))

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        counts = record_of(ground, f"lake-{name}", run_id, self.name)["counts"]
        yield from _differ("failed monitoring", self.failed(ground, name, run_id), "")
        buyers = purchases(ground.shop.good.values(), AS_OF)
        yield from _differ("customers looked at", counts.get("customers"), len(buyers))
        drift = ground.rows(f"SELECT * FROM `{ground.project}.warehouse_{name}.churn_drift`")
        yield from _once("a column's drift", [(row["as_of_date"], row["column_name"]) for row in drift])
        yield from _differ("columns watched", len(drift), len(counts.get("columns", [])))
        yield from _record(ground, f"lake-{name}", run_id, self.name)


class RecordRun(Step):
    """The exit task of a run in which one step has left its record."""

    name = "record_run"

    def prepare(self, ground: Ground, name: str) -> None:
        ground.make_tables(name, "pipeline_runs")
        record = {
            "step": "export_sales",
            "state": "SUCCEEDED",
            "started_at": started(),
            "ended_at": started(),
            "counts": {"rows": 12},
        }
        bucket = ground.make_bucket(f"lake-{name}")
        for run_id in run_ids(name):
            bucket.blob(f"mlops/runs/{run_id}/export_sales.json").upload_from_string(json.dumps(record))

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:
        arguments = {
            "project": ground.project,
            "location": LOCATION,
            "bucket": f"lake-{name}",
            "warehouse_dataset": f"warehouse_{name}",
            "as_of": AS_OF.isoformat(),
            "run_id": run_id,
            "max_query_gib": MAX_QUERY_GIB,
            "repository": "faults",
            "scored_at": started(),
            "state": "SUCCEEDED",
            "error": "",
        }
        return Work("components.record_run.step", "run", arguments, {}, folder)

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:
        rows = ground.rows(
            f"SELECT run_id, state, steps FROM `{ground.project}.warehouse_{name}.pipeline_runs`"
        )
        yield from _once("a run's row", [row["run_id"] for row in rows])
        yield from _differ("a row of this run", run_id in {row["run_id"] for row in rows}, True)
        for row in rows:
            counted = [step["counts"] for step in json.loads(row["steps"])]
            yield from _differ("what the steps counted", counted, [{"rows": 12}])


GENERATED = ["--date", "2026-01-31", "--days", "9", "--customers", "150", "--seed", "3"]
POPULATION = Population(150, 3)
FIRST, LAST = date(2026, 1, 23), date(2026, 1, 31)
GENERATED_DAYS = [FIRST + timedelta(days=number) for number in range(9)]


class GenerateSales(Step):
    """The sales generator, writing to its own collection."""

    name = "generators.sales"

    def prepare(self, ground: Ground, name: str) -> None:
        """Do nothing: Firestore creates a collection on its own."""

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:  # noqa: ARG002
        words = [*GENERATED, "--project", ground.project, "--collection", f"sales_{name}"]
        return Work(child.__name__, "generate", {"module": self.name, "words": words}, {}, folder)

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:  # noqa: ARG002
        collection = firestore_client(ground.project).collection(f"sales_{name}")
        written = {one.id: one.to_dict() for one in collection.stream()}
        wanted = dict(sales.documents(POPULATION, FIRST, LAST))
        yield from _differ("documents", written.keys(), wanted.keys())
        for field in ("customer_id", "total_amount", "status"):
            found = {key: fields[field] for key, fields in written.items()}
            yield from _differ(field, found, {key: fields[field] for key, fields in wanted.items()})


class GenerateLines(Step):
    """A generator of JSON lines, writing to its own bucket."""

    def __init__(self, name: str, rows: Callable[[date], list[dict[str, Any]]], days: Sequence[date]) -> None:
        self.name = name
        self._rows, self._days = rows, days

    def prepare(self, ground: Ground, name: str) -> None:
        ground.make_bucket(f"lake-{name}")

    def work(self, ground: Ground, name: str, run_id: str, folder: str) -> Work:  # noqa: ARG002
        words = [*GENERATED, "--project", ground.project, "--bucket", f"lake-{name}"]
        return Work(child.__name__, "generate", {"module": self.name, "words": words}, {}, folder)

    def account(self, ground: Ground, name: str, run_id: str) -> Iterator[str]:  # noqa: ARG002
        blobs = {blob.name: blob for blob in ground.storage.list_blobs(f"lake-{name}")}
        yield from _differ("objects", len(blobs), len(self._days))
        for day in self._days:
            [found] = [blob for key, blob in blobs.items() if f"load_date={day}/" in key]
            rows = [json.loads(line) for line in found.download_as_text().splitlines()]
            yield from _differ(f"rows of {day}", rows, self._rows(day))


STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        ExportSales(),
        PlanExport(),
        ExportShard(),
        ExportSalesOfShards(),
        RunDataform(),
        ExtractFeatures(),
        TrainChurnModel(),
        WritePredictions(),
        ScoreShard(),
        WritePredictionsOfShards(),
        WatchPredictions(),
        RecordRun(),
        GenerateSales(),
        GenerateLines(
            "generators.clickstream",
            lambda day: list(clickstream.events_of_day(POPULATION, day)),
            GENERATED_DAYS,
        ),
        GenerateLines(
            "generators.startups",
            lambda day: list(startups.startups_of_day(POPULATION, day)),
            [day for day in GENERATED_DAYS if day.weekday() == 0],
        ),
    )
}
