# The address that opens a Looker Studio report on the views, by the Linking API: docs/dashboard.md. Dataform creates
# the views; a test checks that the names match.
locals {
  dashboard = {
    "Sales" = {
      bi_revenue_by_day     = "revenue by day"
      bi_customers_by_month = "customers by month"
      bi_cohort_retention   = "cohort retention"
      bi_funnel_by_day      = "funnel by day"
      bi_data_freshness     = "data freshness"
      bi_rejects_by_day     = "rejects by day"
      bi_run_costs          = "run costs"
    }
    "Churn risk" = {
      bi_churn_risk_by_segment = "churn risk by segment"
      bi_customers_to_call     = "customers to call"
      bi_lapsed_customers      = "lapsed customers"
    }
    "Results" = {
      bi_retention_effect   = "retention effect"
      bi_prediction_quality = "prediction quality"
    }
    "Startups" = {
      bi_startups_by_stage = "startups by stage"
    }
  }

  dashboard_project = var.dashboard_project == "" ? var.project : var.dashboard_project
  view_sources      = { bi_funnel_by_day = "clickstream", bi_startups_by_stage = "startups" }

  data_sources = flatten([
    for page, views in local.dashboard : [
      for view, title in views : {
        "ds.${view}.connector"        = "bigQuery"
        "ds.${view}.datasourceName"   = "${page}: ${title}"
        "ds.${view}.type"             = "TABLE"
        "ds.${view}.projectId"        = var.project
        "ds.${view}.billingProjectId" = local.dashboard_project
        "ds.${view}.datasetId"        = google_bigquery_dataset.all["bi"].dataset_id
        "ds.${view}.tableId"          = view
      } if !contains(local.off, lookup(local.view_sources, view, "sales"))
    ]
  ])

  looker_parameters = merge(
    { "c.mode" = "edit", "r.reportName" = "Winter Days" },
    var.looker_template == "" ? {} : { "c.reportId" = var.looker_template },
    local.data_sources...
  )
  looker_studio = "https://lookerstudio.google.com/reporting/create?${join("&", [
    for name, value in local.looker_parameters : "${name}=${replace(urlencode(value), "+", "%20")}"
  ])}"
}
