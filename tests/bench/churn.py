"""Judge the churn model on real transactions, against what a reader would try first.

python tests/bench/churn.py orders.csv --customer customer_id --date date --amount amount
python tests/bench/churn.py orders.parquet --customer ID --date InvoiceDate --amount Total --status Status
python tests/bench/churn.py orders.csv ... --before 1        the cut-off before the last, and so on

The features come from extract_features.sql itself, run by DuckDB: the file is all that is needed.
"""

import argparse
import re
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import sqlglot
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from components.churn_model.examples import Examples, collect_examples
from components.extract_features import step as extraction
from components.extract_features.cutoffs import choose_cutoffs, choose_horizon
from components.shared.queries import read_sql
from components.train_churn_model.evaluation import closed_before_newest
from components.train_churn_model.intervals import interval, resample
from components.train_churn_model.metrics import judge
from components.train_churn_model.training import train

CUTOFFS = 15
SALES = """
CREATE TABLE fct_sales AS
SELECT {customer}::VARCHAR AS customer_key, {date}::DATE AS sale_date, {amount}::DOUBLE AS total_amount,
  {status} AS status, {quantity} AS quantity, {category} AS product_category, 'USD' AS currency
FROM {source} WHERE {amount} >= 0;
CREATE TABLE fct_click_features (
  customer_key VARCHAR, event_date DATE, session_count BIGINT, add_to_cart_count BIGINT)
"""
# Each sale is known from its day on, and never changes.
VERSIONS = """
CREATE OR REPLACE VIEW {table} AS
SELECT *, {day} AS known_from_date, DATE '9999-12-31' AS known_until_date FROM {of}
"""
TABLES = {
    "fct_sale_versions": ("fct_sales", "sale_date"),
    "fct_click_versions": ("fct_click_features", "event_date"),
}


def load_sales(options: argparse.Namespace) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        SALES.format(
            customer=options.customer,
            date=options.date,
            amount=options.amount,
            status=options.status or "'completed'",
            quantity=options.quantity or "1",
            category=options.category or "NULL::VARCHAR",
            source=f"'{options.file}'",
        )
    )
    return connection


def statement(name: str, values: dict[str, str]) -> str:
    """Return the first statement of one of extract_features' files in DuckDB's dialect, values filled in."""
    columns = {"training_columns": "c", "scoring_columns": "c"}  # used only by statements that are left out
    datasets = {"project": "p", "warehouse_dataset": "w", "features_dataset": "f"}
    return in_duckdb(read_sql(extraction.FOLDER / name, **datasets, **columns), values)


def in_duckdb(sql: str, values: dict[str, str]) -> str:
    """Return a script's first statement in DuckDB's dialect, with its parameters' values."""
    text = re.sub(r"`p\.w\.(\w+)`", r"\1", re.sub(r"--.*", "", sql).split(";")[0])
    text = text.replace("FARM_FINGERPRINT(customer_key)", "0")  # which DuckDB lacks: everybody is trained on
    for key, value in {"most_rows": "1e18", **values}.items():
        text = re.sub(rf"@{key}\b", value, text)
    # sqlglot does not translate the numbers of weekdays, which DuckDB counts from 0.
    text = text.replace(
        "EXTRACT(DAYOFWEEK FROM sale_date) IN (1, 7)", "EXTRACT(DAYOFWEEK FROM sale_date) IN (0, 6)"
    )
    return sqlglot.transpile(text, read="bigquery", write="duckdb")[0]


def extract(
    connection: duckdb.DuckDBPyConnection, as_of: date, horizon: int, cutoffs: int
) -> tuple[Examples, int]:
    """Return the training examples as of a date, and the horizon, chosen from the data if it is 0."""
    for table, (of, day) in TABLES.items():
        connection.execute(VERSIONS.format(table=table, of=of, day=day))
    values = {"as_of": f"DATE '{as_of}'", "sought_until": f"DATE '{as_of}'"}
    [first_sale] = connection.sql(statement("find_first_sale.sql", values)).fetchone() or (None,)
    assert isinstance(first_sale, date)
    if horizon == 0:
        gap = connection.sql(statement("usual_gap.sql", values)).fetchone()
        horizon = choose_horizon(gap[0] if gap else None, first_sale, as_of)
    dates = choose_cutoffs(as_of, first_sale, horizon, cutoffs)
    values |= {
        "horizon_days": str(horizon),
        "first_window_date": f"DATE '{dates[0] - timedelta(days=horizon)}'",
        "cutoff_dates": "[" + ", ".join(f"DATE '{cutoff}'" for cutoff in dates) + "]",
    }
    connection.execute(statement("extract_features.sql", values).replace("CREATE", "CREATE OR REPLACE", 1))
    table = connection.sql("SELECT * FROM features ORDER BY cutoff_date, customer_key").to_arrow_table()
    examples = collect_examples([table])
    assert examples is not None
    return examples, horizon


def default_models(examples: Examples, horizon: int) -> dict[str, np.ndarray]:
    """Return what scikit-learn's default models predict, fitted on the newest cut-off that had closed."""
    test, earlier = examples.newest, closed_before_newest(examples, horizon)
    train_on = earlier.newest
    known = ~np.isnan(train_on.features).all(axis=0)
    found = {}
    for name, model in (
        ("default random forest", RandomForestClassifier(random_state=0)),
        ("default boosting", HistGradientBoostingClassifier(random_state=0)),
    ):
        fitted = model.fit(train_on.features[:, known], train_on.churned)
        found[name] = np.clip(fitted.predict_proba(test.features[:, known])[:, 1], 1e-4, 1 - 1e-4)
    return found


def main() -> None:
    """Print the figures of one cut-off: the model's, the baselines', and the paired differences."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--customer", required=True)
    parser.add_argument("--date", required=True)
    parser.add_argument("--amount", required=True)
    for name in ("status", "quantity", "category"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--horizon", type=int, default=90, help="days; 0 leaves it to the data")
    parser.add_argument("--before", type=int, default=0, help="cut-offs of 30 days to go back from the last")
    options = parser.parse_args()
    connection = load_sales(options)
    [last] = (
        connection.sql("SELECT MAX(sale_date) FROM fct_sales WHERE status = 'completed'").fetchone() or ()
    )
    as_of = last + timedelta(days=1 - 30 * options.before)
    started = time.monotonic()
    examples, horizon = extract(connection, as_of, options.horizon, CUTOFFS)
    extracted = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        trained = train(examples, as_of, horizon, Path(folder) / "model", champion=None)
    ended = time.monotonic()
    cutoffs = len(np.unique(examples.cutoff_dates))
    print(f"{len(examples.churned):,} rows of {cutoffs} cut-offs, horizon {horizon} days")
    print(
        f"features {extracted - started:.1f} s, training {ended - extracted:.1f} s; {trained.result.decision}"
    )
    evaluation = trained.evaluation
    rivals = evaluation.baselines | default_models(examples, horizon)
    replicates = resample(evaluation.test.churned, {"model": evaluation.probability, **rivals})
    cutoff, customers = evaluation.test.cutoff_dates.max(), len(evaluation.test.churned)
    print(f"judged on {cutoff}, {customers:,} customers, churn {evaluation.test.churned.mean():.3f}")
    for name, probability in {"model": evaluation.probability, **rivals}.items():
        figures = judge(evaluation.test.churned, probability)
        loss = interval(replicates["model"]["log_loss"] - replicates[name]["log_loss"])
        auc = interval(replicates["model"]["roc_auc"] - replicates[name]["roc_auc"])
        print(
            f"{name:<24} AUC {figures['roc_auc']:.4f} log loss {figures['log_loss']:.4f} "
            f"ECE {figures['expected_calibration_error']:.4f}  model's log loss {loss}, AUC {auc}"
        )


if __name__ == "__main__":
    main()
