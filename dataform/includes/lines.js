// JSON lines, read as text: BigQuery's own JSON reader either fails a whole query for one broken line, or
// leaves the line out unseen.

/** Return the options of an external table with one column, a line of the files under gs://BUCKET/FOLDER. */
function options(bucket, folder, source) {
  return `OPTIONS (
  format = 'CSV',
  -- No line of JSON holds this character, so that a line is one field.
  field_delimiter = '\\x01',
  quote = '',
  ignore_unknown_values = TRUE,
  preserve_ascii_control_characters = TRUE,
  uris = ['gs://${bucket}/${folder}/*'],
  hive_partition_uri_prefix = 'gs://${bucket}/${folder}',
  labels = [('layer', 'bronze'), ('source', '${source}')]
)`;
}

const isBlank = "IFNULL(TRIM(line), '') = ''";
const parse = "SAFE.PARSE_JSON(line, wide_number_mode => 'round')";

/** Return a field of the parsed line as text; NULL when it is absent, or itself an object or a list. */
const field = (name) => `JSON_VALUE(parsed, '$.${name}')`;

const isNoObject = "IFNULL(JSON_TYPE(parsed), '') != 'object'";

/** Return the fields of a bad line as JSON, or the line itself, the personal field's value blotted out. */
function rawRow(fields, personal) {
  const known = fields.map((name) => `${field(name)} AS ${name}`).join(", ");
  return `IF(
    ${isNoObject},
    REGEXP_REPLACE(line, r'("${personal}"\\s*:\\s*)"[^"]*"?', r'\\1"?"'),
    TO_JSON_STRING(STRUCT(${known}))
  )`;
}

module.exports = { options, isBlank, parse, field, isNoObject, rawRow };
