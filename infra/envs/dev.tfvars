project         = "winter-days-nov-2025-dev"
environment     = "dev"
daily_query_gib = 100
monthly_budget  = 30
