project         = "winter-days-nov-2025"
environment     = "prod"
daily_query_gib = 2048
monthly_budget  = 300
