variable "project" {
  description = "The Google Cloud project of everything"
  type        = string

  validation {
    condition     = can(regex("^[a-z][-a-z0-9]{4,28}[a-z0-9]$", var.project))
    error_message = "A project's id has 6 to 30 characters: a-z, 0-9 and hyphens, beginning with a letter."
  }
}

variable "environment" {
  description = "The name of the environment"
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "The environment must be dev or prod."
  }
}

variable "location" {
  description = "The region of everything, BigQuery's included"
  type        = string
  default     = "us-central1"

  validation {
    condition     = contains(local.regions, var.location)
    error_message = "Give a single region that has all services (docs/deploy.md, Locations), one of ${join(", ", local.regions)}; BigQuery's US and EU are not regions."
  }
}

variable "firestore_location" {
  description = "The location of the sales database, if not the region: another region of the continent, or its multi-region"
  type        = string
  default     = ""

  validation {
    condition     = var.firestore_location == "" || contains(local.firestore_allowed, var.firestore_location)
    error_message = "With everything else in ${var.location}, Firestore may be in ${join(", ", local.firestore_allowed)}; a database cannot be moved later."
  }
}

variable "time_zone" {
  description = "The time zone of the schedules, of a run's day and of a sale's day"
  type        = string
  default     = "UTC"

  validation {
    condition     = can(regex("^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$", var.time_zone))
    error_message = "Write the time zone like Europe/Berlin."
  }
}

variable "datasets" {
  description = "The names of BigQuery's datasets"
  type = object({
    staging    = optional(string, "winter_days_staging")
    warehouse  = optional(string, "winter_days_warehouse")
    bi         = optional(string, "winter_days_bi")
    features   = optional(string, "winter_days_features")
    assertions = optional(string, "winter_days_assertions")
    keys       = optional(string, "winter_days_keys")
    contacts   = optional(string, "winter_days_contacts")
  })
  default = {}

  validation {
    condition     = alltrue([for name in values(var.datasets) : can(regex("^[A-Za-z0-9_]+$", name))])
    error_message = "A dataset's name may contain only letters, digits and _."
  }
}

variable "schedules" {
  description = "When each job starts, as cron expressions in time_zone; the generators come before the batch. Where clocks change, a time before 04:00 may not exist on one day and come twice on another"
  type = object({
    sales       = optional(string, "30 0 * * *")
    clickstream = optional(string, "45 0 * * *")
    startups    = optional(string, "0 1 * * 2") # startups are dated on Mondays, and a job generates yesterday's
    batch       = optional(string, "0 4 * * *") # exists once on every day in every time zone
    deleted     = optional(string, "0 8 * * *") # at an hour when the batch has ended
  })
  default = {}
}

variable "sources" {
  description = "The sources besides sales; accounts, jobs, schedules, tables, views and charts of others are not created"
  type        = set(string)
  default     = ["clickstream", "startups"]

  validation {
    condition     = length(setsubtract(var.sources, ["clickstream", "startups"])) == 0
    error_message = "The sources are clickstream and startups."
  }
}

variable "generators" {
  description = "Whose data are made up, of sales and the sources; null means all of them, or with sales_mapping none. Accounts, jobs and schedules of other generators are not created"
  type        = set(string)
  default     = null

  validation {
    condition     = var.generators == null ? true : length(setsubtract(var.generators, setunion(["sales"], var.sources))) == 0
    error_message = "Choose from sales and the enabled sources."
  }

  validation {
    condition     = var.generators == null || var.sales_mapping == "" ? true : !contains(var.generators, "sales")
    error_message = "With sales_mapping your own sales are read, and nobody reads those that the generator makes up."
  }
}

variable "paused" {
  description = "Stop all schedules, for the first deployment and for repairs"
  type        = bool
  default     = false
}

variable "image_tag" {
  description = "The commit that the images are built from; empty before any is built"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([0-9a-f]{12})?$", var.image_tag))
    error_message = "The tag must be the first 12 digits of a commit, or empty."
  }
}

variable "orchestrator_ingress" {
  description = "Who may reach the orchestrator; Cloud Scheduler counts as internal"
  type        = string
  default     = "INGRESS_TRAFFIC_INTERNAL_ONLY"

  validation {
    condition     = contains(["INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_ALL"], var.orchestrator_ingress)
    error_message = "Use INGRESS_TRAFFIC_INTERNAL_ONLY, or INGRESS_TRAFFIC_ALL to backfill from elsewhere (a caller still needs roles/run.invoker)."
  }
}

variable "pipeline_parameters" {
  description = "Parameters of every run, in addition to those that Terraform sets, such as { horizon_days = 60 }"
  type        = any # a map(any) would turn all values into strings if one is a string
  default     = {}

  validation {
    condition     = can(keys(var.pipeline_parameters)) && alltrue([for value in try(values(var.pipeline_parameters), []) : can(tostring(value))])
    error_message = "Each parameter must be a number, a string, true or false."
  }
}

variable "machines" {
  description = "Machines of steps, instead of those chosen by size (docs/sizing.md), such as { train_churn_model = { cpu = 8, memory_gb = 32 } }"
  type        = map(object({ cpu = number, memory_gb = number }))
  default     = {}

  validation {
    condition     = alltrue([for one in values(var.machines) : one.cpu >= 1 && one.cpu <= 96 && one.memory_gb >= 1 && one.memory_gb <= 624])
    error_message = "Give whole numbers: 1 to 96 CPUs and 1 to 624 GB."
  }
}

variable "most_shards" {
  description = "Parallel tasks of a step at most; 1 keeps all work in one task"
  type        = number
  default     = 100

  validation {
    condition     = var.most_shards >= 1 && var.most_shards <= 100
    error_message = "Give 1 to 100."
  }
}

variable "sales_mapping" {
  description = "The file of a mapping, relative to infra/, to read sales from your own collection or table; empty for documents in the contract's format"
  type        = string
  default     = ""

  validation {
    condition     = var.sales_mapping == "" || can(regex("^[-_./A-Za-z0-9]+\\.ya?ml$", var.sales_mapping)) && try(fileexists(var.sales_mapping), false)
    error_message = "Give the path of an existing YAML file, such as mappings/orders.yaml in infra/."
  }

  validation {
    condition     = var.sales_mapping == "" || contains(["firestore", "bigquery"], try(yamldecode(file(var.sales_mapping)).source.kind, ""))
    error_message = "The mapping must say where the sales are: source: {kind: firestore, collection: orders}, or kind: bigquery with a table or a query."
  }
}

variable "export_mode" {
  description = "How a day's export finds what changed: scan reads all documents, changes those whose changed_field is recent, changelog those with an event in a change log in BigQuery (docs/export.md)"
  type        = string
  default     = "scan"

  validation {
    condition     = contains(["scan", "changes", "changelog"], var.export_mode)
    error_message = "The mode must be scan, changes or changelog."
  }

  validation {
    condition     = var.export_mode == "scan" || var.sales_mapping == ""
    error_message = "A mapping works only with export_mode = scan."
  }
}

variable "changed_field" {
  description = "The field of a document that holds the time of its last change, as a timestamp; indexed with export_mode = changes"
  type        = string
  default     = "updated_at"

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)*$", var.changed_field))
    error_message = "Write the field as updated_at, or meta.updatedAt."
  }
}

variable "changelog_table" {
  description = "The table …_raw_changelog of the extension firestore-bigquery-export, as dataset.table or project.dataset.table; with export_mode = changelog"
  type        = string
  default     = ""

  validation {
    condition     = var.changelog_table == "" || can(regex("^([a-z][-a-z0-9]{4,61}[a-z0-9][.])?[A-Za-z0-9_]+[.][-A-Za-z0-9_]+$", var.changelog_table))
    error_message = "Write the table as firestore_export.sales_raw_changelog, or with its project in front."
  }

  validation {
    condition     = (var.export_mode == "changelog") == (var.changelog_table != "")
    error_message = "The variables changelog_table and export_mode = changelog require each other."
  }
}

variable "full_pass_days" {
  description = "Days after which an export of changes reads all documents again, or one from a change log the whole log, to find what was missed"
  type        = number
  default     = 7

  validation {
    condition     = var.full_pass_days >= 1 && floor(var.full_pass_days) == var.full_pass_days
    error_message = "Give at least 1, a whole number of days."
  }

  validation {
    condition     = var.export_mode != "changes" || var.full_pass_days + 2 <= var.erase_after_days
    error_message = "Only a full pass may find a deletion, so full_pass_days must be at least two days less than erase_after_days."
  }
}

variable "protect_data" {
  description = "Refuse to destroy the bucket, the database and the tables; make destroy turns it off on request"
  type        = bool
  default     = true
}

variable "feature_days" {
  description = "Days for which a day's features are kept, counted from that day; 0 for permanently. Older days cannot be run"
  type        = number

  # With any other number, BigQuery immediately drops what the run of an older day writes.
  default = 0

  validation {
    condition     = var.feature_days == 0 || var.feature_days >= 7 && floor(var.feature_days) == var.feature_days
    error_message = "Give 0, or at least 7, a whole number of days."
  }
}

variable "run_days" {
  description = "Days for which the artifacts and records of runs are kept in the bucket"
  type        = number
  default     = 400

  validation {
    condition     = var.run_days >= 30 && floor(var.run_days) == var.run_days
    error_message = "Keep them for at least 30 whole days: reports cover the outcomes of a month."
  }
}

variable "cold_days" {
  description = "Days after which exports and feeds move to a storage class that is cheaper to store and more expensive to read"
  type        = number
  default     = 180

  validation {
    condition     = var.cold_days >= 1 && floor(var.cold_days) == var.cold_days
    error_message = "Give whole days."
  }
}

variable "reject_days" {
  description = "Days for which rejected documents are kept in sales_rejects/, including personal fields"
  type        = number
  default     = 90

  validation {
    condition     = var.reject_days >= 7 && floor(var.reject_days) == var.reject_days
    error_message = "Keep them for at least 7 whole days, so that whoever is alerted can still look at the rejects."
  }
}

variable "erase_after_days" {
  description = "Days within which all copies of a document's values are erased after its deletion in Firestore"
  type        = number
  default     = 30

  validation {
    condition     = var.erase_after_days >= 3 && floor(var.erase_after_days) == var.erase_after_days
    error_message = "Give at least 3 whole days: one until an export notices the deletion, one until the job runs."
  }
}

variable "erasers" {
  description = "Who may erase customers, by acting as winter-days-eraser-sa, such as user:privacy@example.com"
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for eraser in var.erasers : can(regex("^(user|group|serviceAccount):[^@[:space:]]+@[^@[:space:]]+$", eraser))])
    error_message = "Write each of them as user:…, group:… or serviceAccount:…, with an address."
  }
}

variable "contact_readers" {
  description = "Who may read the customer behind a pseudonym, to contact them, such as group:calls@example.com"
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for reader in var.contact_readers : can(regex("^(user|group|serviceAccount):[^@[:space:]]+@[^@[:space:]]+$", reader))])
    error_message = "Write each reader as user:…, group:… or serviceAccount:…, with an address."
  }
}

variable "dashboard_viewers" {
  description = "Who may read only the views for dashboards, such as group:shop@example.com"
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for viewer in var.dashboard_viewers : can(regex("^(user|group|serviceAccount):[^@[:space:]]+@[^@[:space:]]+$", viewer))])
    error_message = "Write each viewer as user:…, group:… or serviceAccount:…, with an address."
  }
}

variable "dashboard_project" {
  description = "The project that runs and pays for dashboard queries; not the batch's"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([a-z][-a-z0-9]{4,28}[a-z0-9])?$", var.dashboard_project)) && var.dashboard_project != var.project
    error_message = "Give the id of a project other than the batch's."
  }

  # BigQuery's daily limit on bytes is for the whole project, and one per user would limit the batch's accounts too.
  validation {
    condition     = var.dashboard_project != "" || length(var.dashboard_viewers) == 0 || var.daily_query_gib == 0
    error_message = "Dashboard queries would use up the nightly batch's quota of bytes: set dashboard_project for them, or daily_query_gib = 0."
  }
}

variable "looker_template" {
  description = "The id of the Looker Studio report that the link copies; empty for a blank one"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^[-_0-9A-Za-z]*$", var.looker_template))
    error_message = "The id is the part after /reporting/ in the report's address."
  }
}

variable "alert_emails" {
  description = "Recipients of alerts, at most five"
  type        = set(string)
  default     = []

  validation {
    condition     = length(var.alert_emails) <= 5
    error_message = "A budget tells five recipients at most: give the address of a group."
  }
}

variable "muted_alerts" {
  description = "Alerts that are not created: stale_data for a shop with days without sales, run_warned, rejects or costly_run"
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.muted_alerts, ["costly_run", "rejects", "run_warned", "stale_data"])) == 0
    error_message = "Choose from costly_run, rejects, run_warned and stale_data: no alert of a failure can be muted."
  }
}

variable "success_hours" {
  description = "Hours without a successful run that raise an alert; for a batch that is not daily, its longest interval and two hours"
  type        = number
  default     = 26

  validation {
    condition     = var.success_hours >= 26 && floor(var.success_hours) == var.success_hours
    error_message = "Give at least 26, a whole number of hours."
  }

  validation {
    condition     = var.success_hours > 26 || can(regex("^\\S+ +\\S+ +\\* +\\* +\\*$", var.schedules.batch))
    error_message = "A batch that does not run daily would keep an alert open: set success_hours, such as 170 for one a week."
  }
}

variable "max_rejects" {
  description = "Number of rejected documents in one export that raises an alert: 10, 100, 1000, …"
  type        = number
  default     = 100

  validation {
    condition     = can(regex("^10*$", tostring(var.max_rejects)))
    error_message = "Give 1, 10, 100 and so on: Cloud Logging's filter compares numbers by their count of digits."
  }
}

variable "daily_query_gib" {
  description = "GiB that BigQuery may read in a day in this project; 0 for no limit"
  type        = number
  default     = 1024
}

variable "max_run_cost" {
  description = "Maximum cost of a run in USD at list prices: a run with a higher forecast is refused; 0 for no limit"
  type        = number
  default     = 0

  validation {
    condition     = var.max_run_cost >= 0
    error_message = "Give an amount of USD, or 0 for no limit."
  }
}

variable "billing_account" {
  description = "The billing account to put the budget on, such as 012345-6789AB-CDEF01; empty for no budget"
  type        = string
  default     = ""
}

variable "monthly_budget" {
  description = "Monthly spending, in the billing account's currency, with alerts at 50, 90 and 100%"
  type        = number
  default     = 100
}
