"""How the workspace is compiled for a place and a day, defined once for batch and rebuild."""

from collections.abc import Mapping

from google.cloud.dataform_v1 import CodeCompilationConfig


def configuration(
    project: str,
    location: str,
    bucket: str,
    datasets: Mapping[str, str],
    sources: str,
    as_of: str,
    **variables: str,
) -> CodeCompilationConfig:
    """Return the compilation's settings.

    datasets names the dataset of each layer: staging, warehouse, bi, assertions, keys and contacts; sources
    names the sources of JSON lines that exist, separated by commas.
    """
    return CodeCompilationConfig(
        default_database=project,
        default_location=location,
        default_schema=datasets["staging"],
        assertion_schema=datasets["assertions"],
        vars={
            "bucket": bucket,
            "warehouse_dataset": datasets["warehouse"],
            "bi_dataset": datasets["bi"],
            "keys_dataset": datasets["keys"],
            "contacts_dataset": datasets["contacts"],
            "sources": sources,
            "as_of": as_of,
            **variables,
        },
    )
