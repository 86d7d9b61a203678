# `make run` runs the whole batch on this machine; `make test` proves it. Everything installs into .venv.
# The comment above a target is its line in `make help`.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3.13
UV_VERSION := 0.13.9
BIN := .venv/bin
STATE ?= .localcloud/demo
CHOSEN_STATE = $(if $(filter-out file,$(origin STATE)),--state-dir "$(STATE)")
IN_STATE = $(BIN)/python -m laptop.inside --state-dir "$(STATE)" -- $(BIN)/python
# A shell may export COLUMNS, its width: only the one of make's command line names the columns of a file.
CHOSEN_COLUMNS = $(if $(filter command,$(origin COLUMNS)),$(COLUMNS))
INSTALLED := .venv/.installed
TESTS := .venv/.tests
SITE := .venv/site/.installed
STEP_OF := $(BIN)/python -m laptop.set_up

ENV ?= dev
WORKERS ?= 2
BY_ROOM := --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder
# Two thirds of the libraries' files are never imported: Python compiles and keeps the others when it first imports them.
unexport PYTHONDONTWRITEBYTECODE
test test-quick: export OMP_NUM_THREADS := 1 # the workers already share the cores; no result depends on it

.PHONY: help setup run retry campaign rebuild dashboard audience explain smoke sql test test-quick faults fuzz chromium lint format lock \
  generate up down status bench clean doctor lock-providers checkov plan deploy destroy image-check \
  airflow-check clients-check dbt-check client-check docs screenshots

# A misspelt variable would be ignored, and something else done than was asked for: known is each $(NAME) of this file.
MAKEFILE := $(lastword $(MAKEFILE_LIST))
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
KNOWN := $(if $(GIVEN),$(sort $(shell grep -o '$$([A-Z_]*)' $(MAKEFILE) | tr -d '$$()')))
UNKNOWN := $(firstword $(filter-out $(KNOWN) SHELL MAKE%,$(GIVEN)))
ifneq ($(UNKNOWN),)
  NEAREST := $(shell $(PYTHON) -c 'import difflib, sys; print(*difflib.get_close_matches(sys.argv[1], sys.argv[2:], 1))' \
    '$(UNKNOWN)' $(KNOWN) 2>/dev/null)
  $(error there is no variable $(UNKNOWN)$(if $(NEAREST),; the nearest is $(NEAREST),: make help shows them))
endif

COMPILER := localcloud/dataform/compiler/node_modules/.installed
AXE := tests/dashboard/axe/node_modules/.installed
SITE_SCRIPTS := docs/site/node_modules/.installed

# Shows this list.
help:
	@awk '/^# / { text = text substr($$0, 2); next } \
	  /^[a-z][-a-z ]*:/ && text { sub(/:.*/, ""); printf "make %-14s%s\n", $$0, text } { text = "" }' $(MAKEFILE_LIST)

# Installs the Python libraries and Dataform's compiler into this folder.
setup: $(INSTALLED) $(COMPILER)

# Many files in .venv name its own folder: rebuild it where the checkout has been moved or copied.
ifneq ($(shell cat .venv/.place 2>/dev/null),$(CURDIR))
  .PHONY: $(BIN)/uv $(INSTALLED) $(TESTS) $(SITE)
endif

$(BIN)/uv: .python-version
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null || { \
	  echo "Python 3.13 is needed, but $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo missing):" \
	  "put python3.13 on the PATH, or run make PYTHON=/path/to/python3.13" >&2; exit 1; }
	@echo "first-time set-up: libraries and programs into .venv and localcloud/dataform/compiler, 1.4 GB"
	@$(PYTHON) -m venv --clear .venv
	@$(STEP_OF) "uv $(UV_VERSION)" .venv -- \
	  $(BIN)/python -m pip install --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch $@

$(INSTALLED): requirements.lock pyproject.toml | $(BIN)/uv
	@$(STEP_OF) "Python libraries" .venv -- \
	  $(BIN)/uv pip sync --require-hashes --python .venv requirements.lock
	@$(STEP_OF) "this project" .venv -- \
	  $(BIN)/uv pip install --no-deps --no-build-isolation --python .venv --editable .
	@$(STEP_OF) "Google's SQL engine" .venv -- $(BIN)/python -m localcloud.bigquery.googlesql.compiled
	@echo "$(CURDIR)" > .venv/.place
	@touch $@

# Needed by tests and lint only.
$(TESTS): tests/requirements.lock $(INSTALLED)
	@$(STEP_OF) "test programs" .venv -- \
	  $(BIN)/uv pip install --require-hashes --compile-bytecode --python .venv -r tests/requirements.lock
	@touch $@

# Runs lint, type checks and every test, folder by folder in two processes (WORKERS=2).
test: setup $(TESTS) $(SITE) $(SITE_SCRIPTS) lint chromium
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(BY_ROOM)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report $(if $(shell command -v terraform),,--fail-under=0) # without it, tests of infra/ are skipped

# Runs lint, type checks and the short tests without services, browser or Terraform: about a minute.
test-quick: setup $(TESTS) lint
	$(BIN)/pytest $(BY_ROOM) -m "not services and not long"

# Builds the documentation as an offline site, .site/index.html; SERVE=1 serves it while you write.
docs: $(SITE) $(SITE_SCRIPTS)
	@NO_MKDOCS_2_WARNING=1 .venv/site/bin/mkdocs $(if $(SERVE),serve,build) --strict
	@$(if $(SERVE),,echo "the documentation is in .site/index.html")

# Retakes the screenshots of docs/tutorial.md, with the test that follows it.
screenshots: setup $(TESTS) chromium
	@SCREENSHOTS="$$PWD/docs/images" $(BIN)/pytest -q tests/e2e/test_console.py

# Injects every fault into every call of every step and writes docs/reliability.md: ARGS="--steps record_run".
faults: setup $(TESTS)
	@$(BIN)/python -m tests.faults $(ARGS)

# Compares the local BigQuery with Google's own engine on random queries: SECONDS=300, SEED=17.
fuzz: setup $(TESTS)
	@$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),300) --seed $(or $(SEED),17) $(ARGS)

# Installs the browser that pages are tested in; without it, their tests are skipped with a message.
chromium: $(AXE)
	@if ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; fi

$(COMPILER): localcloud/dataform/compiler/package-lock.json | $(INSTALLED)
	@$(STEP_OF) "Dataform's compiler" $(@D) -- $(BIN)/python -m localcloud.dataform.install

# axe-core finds what keeps people who cannot see, or do not use a mouse, from using a page.
$(AXE): tests/dashboard/axe/package-lock.json | $(INSTALLED)
	@$(STEP_OF) "axe-core" $(@D) -- $(BIN)/python -m localcloud.dataform.install tests/dashboard/axe

# MkDocs and the scripts of the site's pages, in an environment of their own (130 MB).
$(SITE): docs/site/requirements.lock | $(INSTALLED)
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv/site
	@$(STEP_OF) "the documentation's programs" .venv/site -- \
	  $(BIN)/uv pip sync --require-hashes --compile-bytecode --python .venv/site $<
	@touch $@

$(SITE_SCRIPTS): docs/site/package-lock.json | $(INSTALLED)
	@$(STEP_OF) "the documentation's scripts" $(@D) -- $(BIN)/python -m localcloud.dataform.install docs/site

# Writes every generated file that is committed: python -m generate --help lists them.
generate: setup $(TESTS)
	@$(BIN)/python -m generate

# Runs the whole batch, or its next day: SALES=orders.csv PRESET=shopify, AS_OF=2026-01-31, CUSTOMERS=300, STATE=folder.
run: export OPTIONS_SALES = $(SALES)
run: export OPTIONS_SET = $(SET)
run: export OPTIONS_COLUMNS = $(CHOSEN_COLUMNS)
run: setup
	@$(BIN)/python -m laptop.batch $(if $(SALES),--sales "$$OPTIONS_SALES") $(if $(PRESET),--preset "$(PRESET)") \
	  $(if $(MAPPING),--mapping "$(MAPPING)") $(if $(SET),--set "$$OPTIONS_SET") $(if $(SOURCE),--source "$(SOURCE)") \
	  $(if $(CHOSEN_COLUMNS),--columns "$$OPTIONS_COLUMNS") $(if $(TIME_FORMAT),--time-format "$(TIME_FORMAT)") \
	  $(if $(CURRENCY),--currency "$(CURRENCY)") $(if $(AS_OF),--as-of "$(AS_OF)") \
	  $(if $(CUSTOMERS),--customers "$(CUSTOMERS)") $(CHOSEN_STATE) $(ARGS)

# Resumes the last run of STATE from its failed step and keeps the finished steps.
retry: setup
	@$(BIN)/python -m laptop.batch --retry $(CHOSEN_STATE) $(ARGS)

# Runs a campaign from its list to its effect: for a horizon after the last run, or up to today. CUSTOMERS=2000.
campaign: setup
	@$(BIN)/python -m laptop.batch --campaign $(if $(CUSTOMERS),--customers "$(CUSTOMERS)") $(CHOSEN_STATE) $(ARGS)

# Rebuilds the warehouse of STATE from bronze: once, when a run says that a table lacks a column.
rebuild: setup
	@$(IN_STATE) -m laptop.rebuild --state-dir "$(STATE)"

# Writes the dashboard of PROJECT in Google Cloud, or of the local cloud in STATE.
dashboard: setup
	@$(if $(PROJECT),$(BIN)/python -m dashboard --project "$(PROJECT)",$(IN_STATE) \
	  -m dashboard --output "$(STATE)/reports/dashboard.html") $(ARGS)

# Explains the score of CUSTOMER on the day ON and recomputes it, in PROJECT or STATE.
explain: setup
	@$(if $(PROJECT),$(BIN)/python -m explain --project "$(PROJECT)" --bucket "$(PROJECT)-lake-raw",$(IN_STATE) \
	  -m explain) "$(CUSTOMER)" --on "$(ON)" $(ARGS)

# Lists customers to contact, and measures campaigns, in PROJECT or STATE: ARGS='--top 500 --output calls.csv'.
audience: setup
	@$(if $(PROJECT),$(BIN)/python -m audience $(ARGS) --project "$(PROJECT)",$(IN_STATE) -m audience $(ARGS))

# Opens an SQL prompt on the warehouse of PROJECT or STATE: ARGS='-c "SELECT …"' runs one query, --csv writes CSV.
sql: setup
	@$(if $(PROJECT),$(BIN)/python -m sql --project "$(PROJECT)",$(IN_STATE) -m sql) $(ARGS) || [ $$? -eq 141 ] # 141: head has read enough

# Tests undocumented behaviour of Google Cloud with the real accounts of PROJECT, or with the stand-ins of STATE.
smoke: setup
	@$(if $(PROJECT),$(BIN)/python -m pipelines.smoke --project "$(PROJECT)" --bucket "$(PROJECT)-lake-raw",$(BIN)/python \
	  -m localcloud run --state-dir "$(STATE)" -- sh -c '$(BIN)/python -m laptop.provision && $(BIN)/python -m pipelines.smoke') $(ARGS)

# Keeps the local cloud of STATE running; eval "$(make up)" connects Google's clients to it.
up: setup
	@$(BIN)/python -m localcloud up --state-dir "$(STATE)"

# Stops the local cloud, with FORCE=1 also during a run, or shows its state.
down status: SWITCH = $(if $(filter down,$@),laptop.down $(if $(filter-out no 0,$(FORCE)),--force),localcloud status)
down status:
	@$(if $(wildcard $(INSTALLED)),$(BIN)/python -m $(SWITCH) --state-dir "$(STATE)",\
	  echo "nothing is installed here, so no services are running" >&2) || [ $$? -eq 3 ] # 3: nothing is running: an answer too

# Times a fresh clone's first predictions and its next day, then each part.
bench: setup $(TESTS)
	@clone=$$(mktemp -d) && trap 'rm -rf "$$clone"' EXIT && git clone --quiet . "$$clone" && \
	  time $(MAKE) --no-print-directory -C "$$clone" run && time $(MAKE) --no-print-directory -C "$$clone" run
	$(BIN)/python tests/bench/dashboard_size.py
	$(BIN)/python tests/bench/door.py
	$(BIN)/python tests/bench/export.py
	$(BIN)/python tests/bench/scale.py
	$(BIN)/python tests/bench/changes.py
	$(BIN)/python tests/bench/oracle.py
	$(BIN)/python tests/bench/oracle_ceiling.py
	$(BIN)/python tests/bench/churn_scale.py
	$(BIN)/python tests/bench/orchestrator.py
	$(BIN)/python tests/bench/source_lines.py
	$(BIN)/python tests/bench/warehouse.py
	$(BIN)/python tests/bench/claims.py
	$(BIN)/python tests/bench/worth.py --cost

# Deletes all local data of STATE, or of every state, after asking; YES=1 does not ask.
clean:
	@$(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON)) -m laptop.clean $(CHOSEN_STATE) $(if $(filter-out no 0,$(YES)),--yes)

# Runs ruff and mypy --strict.
lint: $(TESTS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Fixes what ruff can fix.
format: $(TESTS)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url --no-annotate --no-header

# Locks the versions of the dependencies, after a change to pyproject.toml.
lock: $(BIN)/uv
	$(LOCK) pyproject.toml --all-extras -o requirements.lock
	$(LOCK) --group dev --constraint requirements.lock -o tests/requirements.lock
	$(LOCK) --group docs -o docs/site/requirements.lock
	$(LOCK) pyproject.toml --extra orchestrator --constraint requirements.lock -o orchestrator/requirements.txt
	$(LOCK) pyproject.toml --extra steps --constraint requirements.lock -o components/requirements.txt
	$(LOCK) pyproject.toml --extra generators --constraint requirements.lock -o generators/requirements.txt

# Deploys to Google Cloud: ENV=dev or prod, STEP=one step, ARGS="--dry-run" or "--yes": docs/deploy.md.
deploy: $(INSTALLED)
	@$(BIN)/python -m infra.deploy $(ENV) $(if $(STEP),--step $(STEP)) $(ARGS)

# Checks whether a deployment to ENV can start, and says how to fix what is missing.
doctor: $(INSTALLED)
	@$(BIN)/python -m infra.deploy $(ENV) --step doctor $(ARGS)

# Records the hashes of Terraform's providers for Linux and macOS: once, and after each version change.
lock-providers:
	@for root in infra infra/bootstrap; do terraform -chdir=$$root providers lock -platform=linux_amd64 \
	  -platform=linux_arm64 -platform=darwin_amd64 -platform=darwin_arm64 $(ARGS); done

# Runs checkov on infra/ and a plan, with the waivers of infra/checkov.yaml, in its own environment (270 MB).
checkov: setup $(TESTS)
	@plan=$$(mktemp) && trap 'rm "$$plan"' EXIT && $(BIN)/python -m tests.infra.plan "$$plan" && \
	for what in "--directory infra" "--file $$plan"; do $(BIN)/uv run --isolated --no-project --python $(BIN)/python \
	  --with checkov==3.3.30 checkov --config-file infra/checkov.yaml $$what; done

# Shows what a deployment to ENV would change.
plan: $(INSTALLED)
	@$(BIN)/python -m infra.deploy $(ENV) --step apply --dry-run

# Deletes ENV; DELETE_DATA=yes deletes its data too.
destroy: $(INSTALLED)
	@$(BIN)/python -m infra.deploy $(ENV) --destroy $(if $(filter yes,$(DELETE_DATA)),--delete-data) $(ARGS)

# Builds the images (BASE=another base image) and runs a day of the batch in them.
image-check: setup $(TESTS)
	@$(BIN)/python -m tests.infra.image_check $(if $(BASE),--base "$(BASE)")

# Drives the local Dataform with Airflow's hook, in its own environment (1.4 GB).
airflow-check: setup
	@$(BIN)/python -m localcloud up --state-dir .localcloud/airflow > .localcloud/airflow.env && \
	trap '$(BIN)/python -m localcloud down --state-dir .localcloud/airflow; rm .localcloud/airflow.env' EXIT && \
	source .localcloud/airflow.env && export AIRFLOW_HOME=$$PWD/.localcloud/airflow-home && \
	export AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT='{"conn_type": "google_cloud_platform", "extra": {"is_anonymous": true}}' && \
	$(BIN)/uv run --isolated --no-project \
	  --python $(BIN)/python --with apache-airflow-providers-google==22.8.0 tests/localcloud/dataform/airflow_check.py

# Tests analysts' clients (pandas, ibis, SQLAlchemy, a notebook) with only `make up`, in their own environment.
clients-check: setup $(TESTS)
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .localcloud/clients && \
	$(BIN)/uv pip install --quiet --python .localcloud/clients -r tests/localcloud/clients/requirements.txt && \
	CLIENTS_PYTHON=$$PWD/.localcloud/clients/bin/python $(BIN)/pytest -q tests/localcloud/test_clients.py

# Builds a dbt project twice against the local BigQuery, in its own environment (400 MB).
dbt-check: setup
	@$(BIN)/python -m localcloud run --state-dir .localcloud/dbt -- $(BIN)/uv run --isolated --no-project \
	  --python $(BIN)/python --with dbt-core==1.11.16 --with dbt-bigquery==1.11.3 tests/localcloud/dbt/check.py

# Runs the system tests of Google's BigQuery client, checked out in CLIENT=path, against the local BigQuery.
client-check: setup
	@$(BIN)/python -m localcloud run --state-dir .localcloud/client -- $(BIN)/uv run --isolated --no-project \
	  --python $(BIN)/python --with-requirements tests/localcloud/client/requirements.txt \
	  tests/localcloud/client/check.py "$(CLIENT)" $(ARGS)
