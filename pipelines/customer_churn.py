"""The daily batch: Firestore → warehouse → features → model → predictions, as one pipeline."""

from kfp import dsl

from components.export_sales.component import export_sales
from components.extract_features.component import extract_features
from components.record_run.component import record_run
from components.run_dataform.component import run_dataform
from components.shared import defaults, names
from components.train_churn_model.component import train_churn_model
from components.watch_predictions.component import watch_predictions
from components.write_predictions.component import write_predictions
from pipelines.shards import export_in_shards, score_in_shards
from pipelines.tasks import configure


@dsl.pipeline(name="customer-churn", description="Sales in Firestore to churn predictions in BigQuery")
def customer_churn(
    project: str,
    as_of: str,
    run_id: str,
    scored_at: str,
    bucket: str = names.BUCKET,
    location: str = names.LOCATION,
    database: str = names.DATABASE,
    collection: str = names.COLLECTION,
    sales_mapping: str = "",
    export_mode: str = "scan",
    changed_field: str = names.CHANGED_FIELD,
    full_pass_days: int = defaults.FULL_PASS_DAYS,
    changelog_table: str = "",
    export_shards: int = 1,
    documents_a_shard: int = defaults.DOCUMENTS_A_SHARD,
    repository: str = names.REPOSITORY,
    workspace: str = names.WORKSPACE,
    dataform_service_account: str = "",
    staging_dataset: str = names.DATASETS["staging"],
    warehouse_dataset: str = names.DATASETS["warehouse"],
    bi_dataset: str = names.DATASETS["bi"],
    features_dataset: str = names.DATASETS["features"],
    assertions_dataset: str = names.DATASETS["assertions"],
    keys_dataset: str = names.DATASETS["keys"],
    contacts_dataset: str = names.DATASETS["contacts"],
    business_time_zone: str = "UTC",
    sources: str = ",".join(names.SOURCES),
    horizon_days: int = defaults.HORIZON_DAYS,
    cutoffs: int = defaults.CUTOFFS,
    training_rows_days: int = defaults.TRAINING_ROWS_DAYS,
    max_reject_share: float = 0.05,
    max_query_gib: int = defaults.MAX_QUERY_GIB,
    max_run_cost: float = 0.0,
    scoring_shards: int = 1,
    dataform_timeout_seconds: int = 3600,
    dataform_longest_poll_seconds: float = defaults.DATAFORM_LONGEST_POLL_SECONDS,
) -> None:
    """Turn sales in Firestore into churn predictions in BigQuery.

    Args:
        project: The Google Cloud project.
        as_of: The day of the run, YYYY-MM-DD: it uses only what was known before that day.
        run_id: The id of the run, used in its records and the names of its BigQuery jobs.
        scored_at: When the run was triggered; stored with its predictions.
        bucket: The bucket of exports, feeds, models and records.
        location: The region of BigQuery, Dataform and Vertex AI.
        database: The Firestore database of the sales.
        collection: The Firestore collection of the sales.
        sales_mapping: The mapping in the bucket that reads documents as sales; empty for none.
        export_mode: How the export finds what changed: scan, changes or changelog.
        changed_field: The field with the time of a document's last change, for export_mode=changes.
        full_pass_days: Days after which an export reads everything again, unless it scans anyway.
        changelog_table: The BigQuery table of a change log, for export_mode=changelog.
        export_shards: Parallel tasks of the export, at most; 1 keeps it in one task.
        documents_a_shard: Documents per task of the export.
        repository: The Dataform repository.
        workspace: The Dataform workspace to compile for the day.
        dataform_service_account: The account that Dataform runs as; empty for its own.
        staging_dataset: The dataset of bronze and silver.
        warehouse_dataset: The dataset of gold, predictions and the runs' records.
        bi_dataset: The dataset of the views for dashboards.
        features_dataset: The dataset of the model's examples.
        assertions_dataset: The dataset of Dataform's assertions.
        keys_dataset: The dataset of the pseudonym key.
        contacts_dataset: The dataset that maps pseudonyms to the shop's own ids.
        business_time_zone: The time zone that determines the day of a sale.
        sources: The sources besides sales, separated by commas.
        horizon_days: Days without a purchase that count as churn; 0 derives them from the data.
        cutoffs: Maximum number of past cut-offs for training examples.
        training_rows_days: Days for which training examples are kept.
        max_reject_share: The share of rejected rows above which a run stops before gold.
        max_query_gib: Maximum GiB that a query of a step may read.
        max_run_cost: Maximum cost of a run in USD: a run with a higher forecast is refused; 0 for no limit.
        scoring_shards: Parallel tasks of scoring; 1 keeps it in one task.
        dataform_timeout_seconds: Time-out of a Dataform invocation, in seconds.
        dataform_longest_poll_seconds: Longest pause between two polls of that invocation, in seconds.
    """
    ended = record_run(
        project=project,
        location=location,
        bucket=bucket,
        repository=repository,
        warehouse_dataset=warehouse_dataset,
        as_of=as_of,
        run_id=run_id,
        job=dsl.PIPELINE_JOB_NAME_PLACEHOLDER,
        max_query_gib=max_query_gib,
        max_run_cost=max_run_cost,
        scored_at=scored_at,
    )
    configure(ended, "Record the run", "1", "2G")

    with dsl.ExitHandler(ended, name="daily-batch"):
        shards = export_in_shards(
            project=project,
            location=location,
            bucket=bucket,
            database=database,
            collection=collection,
            sales_mapping=sales_mapping,
            export_mode=export_mode,
            changed_field=changed_field,
            full_pass_days=full_pass_days,
            changelog_table=changelog_table,
            export_shards=export_shards,
            documents_a_shard=documents_a_shard,
            as_of=as_of,
            run_id=run_id,
            max_query_gib=max_query_gib,
            max_run_cost=max_run_cost,
            max_reject_share=max_reject_share,
        )
        shards.set_display_name("Export in shards").set_caching_options(False)

        exported = export_sales(
            project=project,
            location=location,
            bucket=bucket,
            database=database,
            collection=collection,
            sales_mapping=sales_mapping,
            export_mode=export_mode,
            changed_field=changed_field,
            full_pass_days=full_pass_days,
            changelog_table=changelog_table,
            export_shards=export_shards,
            as_of=as_of,
            run_id=run_id,
            max_query_gib=max_query_gib,
            max_run_cost=max_run_cost,
            max_reject_share=max_reject_share,
        ).after(shards)
        configure(exported, "Export sales", "2", "4G")

        warehouse = run_dataform(
            project=project,
            bucket=bucket,
            location=location,
            repository=repository,
            workspace=workspace,
            service_account=dataform_service_account,
            staging_dataset=staging_dataset,
            warehouse_dataset=warehouse_dataset,
            bi_dataset=bi_dataset,
            assertions_dataset=assertions_dataset,
            keys_dataset=keys_dataset,
            contacts_dataset=contacts_dataset,
            business_time_zone=business_time_zone,
            sources=sources,
            as_of=as_of,
            run_id=run_id,
            max_query_gib=max_query_gib,
            max_reject_share=max_reject_share,
            timeout_seconds=dataform_timeout_seconds,
            longest_poll_seconds=dataform_longest_poll_seconds,
            sales=exported.outputs["sales"],
        )
        configure(warehouse, "Build the warehouse with Dataform", "1", "2G")

        features = extract_features(
            project=project,
            location=location,
            bucket=bucket,
            features_dataset=features_dataset,
            as_of=as_of,
            run_id=run_id,
            max_query_gib=max_query_gib,
            horizon_days=horizon_days,
            cutoffs=cutoffs,
            training_rows_days=training_rows_days,
            fct_sales=warehouse.outputs["fct_sales"],
        )
        configure(features, "Extract point-in-time features", "1", "2G")

        trained = train_churn_model(
            project=project,
            location=location,
            bucket=bucket,
            as_of=as_of,
            run_id=run_id,
            max_query_gib=max_query_gib,
            horizon_days=features.outputs["horizon_days"],
            training_examples=features.outputs["training_examples"],
            scoring_examples=features.outputs["scoring_examples"],
        )
        configure(trained, "Train and evaluate the churn model", "4", "16G")

        parts = score_in_shards(
            project=project,
            location=location,
            bucket=bucket,
            as_of=as_of,
            run_id=run_id,
            max_query_gib=max_query_gib,
            horizon_days=features.outputs["horizon_days"],
            scoring_shards=scoring_shards,
            scoring_examples=features.outputs["scoring_examples"],
            model=trained.outputs["model"],
        )
        parts.set_display_name("Score in shards").set_caching_options(False)

        predictions = write_predictions(
            project=project,
            location=location,
            bucket=bucket,
            warehouse_dataset=warehouse_dataset,
            as_of=as_of,
            run_id=run_id,
            max_query_gib=max_query_gib,
            scored_at=scored_at,
            horizon_days=features.outputs["horizon_days"],
            scoring_shards=scoring_shards,
            scoring_examples=features.outputs["scoring_examples"],
            model=trained.outputs["model"],
        ).after(parts)
        configure(predictions, "Write the churn predictions", "2", "8G")

        watched = watch_predictions(
            project=project,
            location=location,
            bucket=bucket,
            as_of=as_of,
            run_id=run_id,
            max_query_gib=max_query_gib,
            horizon_days=features.outputs["horizon_days"],
            one_in=features.outputs["one_in"],
            scoring_examples=features.outputs["scoring_examples"],
            model=trained.outputs["model"],
            predictions=predictions.outputs["predictions"],
        )
        configure(watched, "Monitor drift and past predictions", "2", "4G")
