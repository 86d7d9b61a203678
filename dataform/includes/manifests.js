// Exports of sales by their manifests: which are new, and which are gone. Both tables have one row per export.

/** Return the condition that an export has no manifest, or no longer has one. */
const isGone = (manifests) =>
  `export_id NOT IN (SELECT export_id FROM ${manifests} WHERE export_id IS NOT NULL)`;

/** Return the condition that an export's rows have not been made into versions yet. */
const isUnread = (readExports) => `export_id NOT IN (SELECT export_id FROM ${readExports} WHERE export_id IS NOT NULL)`;

/** Return the query for the date of the first unread export with rows; NULL if there is none. */
const firstUnread = (manifests, readExports) => `SELECT MIN(export_date)
    FROM ${manifests}
    WHERE \`rows\` > 0 AND ${isUnread(readExports)}`;

module.exports = { isGone, isUnread, firstUnread };
