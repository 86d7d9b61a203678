// Exports of sales by their manifests: which are new, and which are gone. Both are asked of tables with a row an export.

/** Return the condition that an export has no manifest, or none any more. */
const isGone = (manifests) =>
  `export_id NOT IN (SELECT export_id FROM ${manifests} WHERE export_id IS NOT NULL)`;

/** Return the condition that no version was made of an export's rows yet. */
const isUnread = (taken) => `export_id NOT IN (SELECT export_id FROM ${taken} WHERE export_id IS NOT NULL)`;

/** Return the query of the date of the first export with rows that is unread; NULL where there is none. */
const firstUnread = (manifests, taken) => `SELECT MIN(export_date)
    FROM ${manifests}
    WHERE \`rows\` > 0 AND ${isUnread(taken)}`;

module.exports = { isGone, isUnread, firstUnread };
