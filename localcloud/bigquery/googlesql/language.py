"""GoogleSQL as BigQuery speaks it: the engine's features and functions, less what only other products have.

Sources: BigQuery's reference of functions and of the data definition language, as of November 2026, compared
with what the engine accepts with its maximum of features.
"""

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public

from localcloud.bigquery.googlesql.module import Module
from localcloud.bigquery.googlesql.types import scalar

# In the engine's maximum of features, but not in BigQuery.
ABSENT = """
    ARRAY_AGGREGATION_FUNCTIONS ARRAY_EQUALITY ARRAY_FIND_FUNCTIONS ARRAY_ORDERING ARRAY_ZIP
    CONCAT_MIXED_TYPES DOT_PRODUCT FIRST_AND_LAST_N INLINE_LAMBDA_ARGUMENT L1_NORM L2_NORM
    LIMIT_OFFSET_EXPRESSIONS MANHATTAN_DISTANCE PI_FUNCTIONS UUID_TYPE
"""
# In BigQuery, but not in the engine's maximum of features.
PRESENT = """
    ALTER_COLUMN_SET_DATA_TYPE COLLATION_SUPPORT CREATE_EXTERNAL_TABLE_WITH_CONNECTION
    CREATE_EXTERNAL_TABLE_WITH_PARTITION_COLUMNS CREATE_EXTERNAL_TABLE_WITH_TABLE_ELEMENT_LIST
    CREATE_TABLE_CLONE CREATE_VIEWS_WITH_COLUMN_OPTIONS DIFFERENTIAL_PRIVACY DISABLE_FLOAT32
    EXTERNAL_SECURITY_PROCEDURE LIKE_ANY_SOME_ALL_ARRAY LIKE_ANY_SOME_ALL_SUBQUERY NON_SQL_PROCEDURE
"""
ABSENT_FUNCTIONS = """
    apply array_includes array_includes_all array_includes_any array_is_distinct array_max array_min is_first
    is_last json_contains iferror iserror nulliferror regexp_extract_groups safe_to_json split_substr
    timestamp_from_unix_micros timestamp_from_unix_millis timestamp_from_unix_seconds zstd_compress
    zstd_decompress_to_bytes zstd_decompress_to_string
"""
INTEGERS = "BIGINT BYTEINT INT INTEGER SMALLINT TINYINT"  # BigQuery's other names for INT64


def bigquery(module: Module) -> options_pb2.LanguageOptionsProto:
    """Return the language's options."""
    request = service.LanguageOptionsRequest(maximum_features=True)
    language = module.call("GetLanguageOptions", request, options_pb2.LanguageOptionsProto)
    features = {*language.enabled_language_features} - _features(ABSENT) | _features(PRESENT)
    language.enabled_language_features[:] = sorted(features)
    language.product_mode = public.PRODUCT_EXTERNAL
    language.reserved_keywords.append("QUALIFY")
    del language.supported_statement_kinds[:]  # it lists queries only; an empty list means all
    return language


def builtins(
    module: Module, language: options_pb2.LanguageOptionsProto
) -> simple_catalog_pb2.SimpleCatalogProto:
    """Return a catalog with BigQuery's functions and type names, but no tables."""
    catalog = simple_catalog_pb2.SimpleCatalogProto(name="BigQuery")
    options = catalog.builtin_function_options
    options.language_options.CopyFrom(language)
    known = module.call("GetBuiltinFunctions", options, service.GetBuiltinFunctionsResponse)
    absent = ABSENT_FUNCTIONS.split()
    options.exclude_function_ids.extend(
        {
            signature.context_id
            for function in known.function
            if ".".join(function.name_path) in absent
            for signature in function.signature
        }
    )
    for name in INTEGERS.split():
        catalog.named_type.add(name=name).type.CopyFrom(scalar("INT64"))
    return catalog


def _features(names: str) -> set[int]:
    return {public.LanguageFeature.Value(f"FEATURE_{name}") for name in names.split()}
