lines.source({
  folder: "startups",
  record: "startup",
  external: "ext_startup_gcs",
  line: "startup line",
  lines: "Startups",
  description: "Startups on each day they were loaded, one row per startup and day: of several, the one changed last.",
  key: ["startup_id", "load_date"],
  prefer: "updated_at DESC, row_hash",
  duplicates: "of a startup that has one already",
  clusterBy: ["startup_id"],
});
