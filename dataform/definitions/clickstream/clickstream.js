lines.source({
  folder: "clickstream",
  record: "click",
  external: "ext_clickstream_gcs",
  line: "clickstream line",
  lines: "Clickstream events",
  description: "Clickstream events, one row each: of an event delivered twice, the first delivery.",
  day: { name: "event_date", of: "event_timestamp" },
  key: ["event_id"],
  prefer: "load_date, load_timestamp, row_hash",
  duplicates: "delivered before",
  clusterBy: ["customer_key"],
});
