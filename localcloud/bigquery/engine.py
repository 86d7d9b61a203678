"""local-bigquery with everything that this package changes in it, one patch after the other.

The patches replace internal functions of local-bigquery, whose version is therefore pinned.
"""

from collections.abc import Callable

from localcloud.bigquery.aggregates import ignore_nulls_first
from localcloud.bigquery.bignumeric import hold_bignumeric
from localcloud.bigquery.cancellation import cancel_reliably
from localcloud.bigquery.case_insensitive_names import ignore_case_of_names
from localcloud.bigquery.catalog import narrow_lookups
from localcloud.bigquery.conflicts import refuse_conflicts
from localcloud.bigquery.destinations import name_destinations
from localcloud.bigquery.division import bracket_divisions
from localcloud.bigquery.dml import check_changes
from localcloud.bigquery.external_statements import support_external_tables
from localcloud.bigquery.extracts import write_bignumeric
from localcloud.bigquery.file_names import hide_file_names
from localcloud.bigquery.geographies import hold_geographies
from localcloud.bigquery.ingestion import create_ingestion_times
from localcloud.bigquery.intervals import keep_intervals
from localcloud.bigquery.loading import load_strictly
from localcloud.bigquery.locations import locate_jobs
from localcloud.bigquery.merging import merge_in_transactions
from localcloud.bigquery.metadata_cache import cache_metadata
from localcloud.bigquery.mistakes import answer_mistakes
from localcloud.bigquery.objects import upload_extracts
from localcloud.bigquery.parameters import write_parameters
from localcloud.bigquery.partition_decorators import support_decorators
from localcloud.bigquery.permissions import accept_permission_lists
from localcloud.bigquery.pipes import support_pipes
from localcloud.bigquery.schemas import check_schemas
from localcloud.bigquery.streaming import stream_strictly
from localcloud.bigquery.struct_names import name_fields
from localcloud.bigquery.table_functions import declare_columns
from localcloud.bigquery.transactions import report_transactions
from localcloud.bigquery.unnesting import unnest_fields
from localcloud.bigquery.variables import set_from_structs
from localcloud.bigquery.views import keep_view_texts

# A patch wraps what is there, so of two over the same function the later one is called first; a rule put at
# the front of STATEMENT_RULES likewise.
PATCHES: tuple[Callable[[], None], ...] = (
    hold_bignumeric,  # before whatever wraps or uses the engine's types
    hold_geographies,  # likewise
    bracket_divisions,  # of the parser's result
    keep_view_texts,  # of the parser's text
    support_external_tables,  # over both, which get only what it does not parse itself
    upload_extracts,  # alone on extract jobs' files
    write_bignumeric,  # over upload_extracts: the file is complete before it is uploaded
    load_strictly,  # alone on load jobs; report_transactions adds to its ended jobs
    write_parameters,  # alone on parameters
    merge_in_transactions,  # alone on MERGE
    refuse_conflicts,  # before narrow_lookups, which gives a job's statements another cursor
    narrow_lookups,  # before whatever wraps the engine's look-ups of tables and columns
    cache_metadata,  # alone on the metadata's queries, whoever makes them
    ignore_case_of_names,  # over narrow_lookups: it resolves the name that is looked up
    hide_file_names,  # over narrow_lookups: it filters the columns found; its rule needs complete names
    create_ingestion_times,  # over support_external_tables, whose refusal it leaves alone
    check_schemas,  # alone on changes of columns
    check_changes,  # over support_external_tables: an invalid name is refused first
    name_destinations,  # alone here on results; more wraps them later
    stream_strictly,  # replaces how rows are read, so before support_decorators wraps it
    support_decorators,  # over stream_strictly: it refuses insertAll into a partition
    set_from_structs,  # before check_statements, which checks the expression of a SET
    declare_columns,  # its rule runs before the engine's, whose macros have no declared columns
    ignore_nulls_first,  # its rule runs before the engine's, which keep the NULLs
    unnest_fields,  # its rule runs before the engine's of UNNEST … WITH OFFSET
    name_fields,  # its rule runs before the engine's, which makes a struct without names a row
    support_pipes,  # alone on the parser of pipe operators
    report_transactions,  # over load_strictly
    locate_jobs,  # its rule runs after the engine's that completes the names of tables
    accept_permission_lists,  # alone on its route
    cancel_reliably,  # alone on cancellation
    keep_intervals,  # over support_external_tables, support_decorators and the rules that complete names
    answer_mistakes,  # alone on page tokens and on the framework's refusals; wraps how a call waits for a job
)


def extend() -> None:
    """Patch the engine. Call once per process, and before what __main__ patches after it."""
    for patch in PATCHES:
        patch()
