"""The system tests of Google's client that do not pass against the local BigQuery, and why.

Tests under the first two reasons need Google Cloud; the other reasons say what the local BigQuery lacks.
"""

PUBLIC = "reads Google's public data or sample files, which only the cloud has"
NEIGHBOUR = "calls Data Catalog or Resource Manager"
PICOSECONDS = "picoseconds are not supported"
_BY_REASON = {
    PUBLIC: """
        test_bigquery_magic test_copy_table test_create_external_table_with_reference_file_schema_uri_avro
        test_create_external_table_with_reference_file_schema_uri_parquet test_create_routine
        test_dbapi_connection_does_not_leak_sockets test_dbapi_create_view test_dbapi_dry_run_query
        test_dbapi_fetch_w_bqstorage_client_large_result_set test_get_table_w_public_dataset
        test_large_query_w_public_data test_list_datasets_w_project test_list_partitions
        test_list_rows_max_results_w_bqstorage test_load_table_from_uri_with_reference_file_schema_uri_avro
        test_load_table_from_uri_with_reference_file_schema_uri_parquet
        test_query_results_to_dataframe
        test_query_results_to_dataframe_w_bqstorage test_query_statistics test_query_w_page_size
        test_query_w_start_index test_query_w_timeout test_update_table_autodetect_schema
    """,
    NEIGHBOUR: "test_create_table_with_real_custom_policy test_update_dataset test_update_table",
    PICOSECONDS: """
        test_list_rows_pico test_list_rows_pico_truncate test_load_table_from_csv_w_picosecond_timestamp
        test_query_picosecond test_create_table_w_picosecond_timestamp
    """,
}
LEFT_OUT = {name: reason for reason, names in _BY_REASON.items() for name in names.split()}
