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
INSTALLED := .venv/.installed
TESTS := .venv/.tests
SITE := .venv/site/.installed
STEP_OF := $(BIN)/python -m laptop.set_up

ENV ?= dev
WORKERS ?= 2
BY_ROOM := --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder

.PHONY: help setup run retry campaign rebuild dashboard audience explain smoke sql test test-quick faults fuzz chromium lint format lock \
  generate up down status bench clean doctor lock-providers checkov plan deploy destroy image-check \
  airflow-check clients-check dbt-check client-check docs screenshots

COMPILER := localcloud/dataform/compiler/node_modules/.installed
AXE := tests/dashboard/axe/node_modules/.installed
SITE_SCRIPTS := docs/site/node_modules/.installed

# This list.
help:
	@awk '/^# / { text = text substr($$0, 2); next } \
	  /^[a-z][-a-z ]*:/ && text { sub(/:.*/, ""); printf "make %-14s%s\n", $$0, text } { text = "" }' $(MAKEFILE_LIST)

# Python's libraries and Dataform's compiler, into this folder.
setup: $(INSTALLED) $(COMPILER)

# .venv names its own folder in many files: where the checkout has been moved or copied it is made anew.
ifneq ($(shell cat .venv/.place 2>/dev/null),$(CURDIR))
  .PHONY: $(BIN)/uv $(INSTALLED) $(TESTS) $(SITE)
endif

$(BIN)/uv: .python-version
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null || { \
	  echo "Python 3.13 is needed, and $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo not there):" \
	  "put python3.13 on the PATH, or run make PYTHON=/path/to/python3.13" >&2; exit 1; }
	@echo "setting up, once: libraries and programs into .venv and localcloud/dataform/compiler, 1.8 GB"
	@$(PYTHON) -m venv --clear .venv
	@$(STEP_OF) "uv $(UV_VERSION)" .venv -- \
	  $(BIN)/python -m pip install --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch $@

$(INSTALLED): requirements.lock pyproject.toml | $(BIN)/uv
	@$(STEP_OF) "Python libraries" .venv -- \
	  $(BIN)/uv pip sync --require-hashes --compile-bytecode --python .venv requirements.lock
	@$(STEP_OF) "this project" .venv -- \
	  $(BIN)/uv pip install --no-deps --no-build-isolation --python .venv --editable .
	@$(STEP_OF) "Google's SQL engine" .venv -- $(BIN)/python -m localcloud.bigquery.googlesql.compiled
	@echo "$(CURDIR)" > .venv/.place
	@touch $@

# What only tests and lint need.
$(TESTS): tests/requirements.lock $(INSTALLED)
	@$(STEP_OF) "test programs" .venv -- \
	  $(BIN)/uv pip install --require-hashes --compile-bytecode --python .venv -r tests/requirements.lock
	@touch $@

# Lint, types and every test, folder by folder in two processes (WORKERS=2).
test: setup $(TESTS) $(SITE) $(SITE_SCRIPTS) lint chromium
	$(BIN)/python -m generate --check
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(BY_ROOM)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report $(if $(shell command -v terraform),,--fail-under=0) # without it, tests of infra/ skip

# Lint, types and the short tests without service, browser or Terraform: within a minute or so.
test-quick: setup $(TESTS) lint
	$(BIN)/pytest $(BY_ROOM) -m "not services and not long"

# The documentation as a site, .site/index.html, which needs no network; SERVE=1 shows it while you write.
docs: $(SITE) $(SITE_SCRIPTS)
	@NO_MKDOCS_2_WARNING=1 .venv/site/bin/mkdocs $(if $(SERVE),serve,build) --strict
	@$(if $(SERVE),,echo "the documentation is in .site/index.html")

# The pictures of docs/tutorial.md anew, by the test that walks through it.
screenshots: setup $(TESTS) chromium
	@SCREENSHOTS="$$PWD/docs/images" $(BIN)/pytest -q tests/e2e/test_console.py

# Every call of every step goes wrong in every way, into docs/reliability.md: ARGS="--steps record_run".
faults: setup $(TESTS)
	@$(BIN)/python -m tests.faults $(ARGS)

# Asks the local BigQuery and Google's own engine the same, by chance: SECONDS=300, SEED=17.
fuzz: setup $(TESTS)
	@$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),300) --seed $(or $(SEED),17) $(ARGS)

# The browser that pages are tested in; where it cannot be installed, their tests skip and say so.
chromium: $(AXE)
	@if ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; fi

$(COMPILER): localcloud/dataform/compiler/package-lock.json | $(INSTALLED)
	@$(STEP_OF) "Dataform's compiler" $(@D) -- $(BIN)/python -m localcloud.dataform.install

# axe-core, which finds what a page keeps from people who cannot see it or use no mouse.
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

# All that is generated and committed: python -m generate --help lists it.
generate: setup $(TESTS)
	@$(BIN)/python -m generate

# The whole batch, or its next day: SALES=orders.csv PRESET=shopify, AS_OF=2026-01-31, CUSTOMERS=300, STATE=folder.
run: export OPTIONS_SALES = $(SALES)
run: export OPTIONS_SET = $(SET)
run: export OPTIONS_COLUMNS = $(COLUMNS)
run: setup
	@$(BIN)/python -m laptop.batch $(if $(SALES),--sales "$$OPTIONS_SALES") $(if $(PRESET),--preset "$(PRESET)") \
	  $(if $(MAPPING),--mapping "$(MAPPING)") $(if $(SET),--set "$$OPTIONS_SET") $(if $(SOURCE),--source "$(SOURCE)") \
	  $(if $(COLUMNS),--columns "$$OPTIONS_COLUMNS") $(if $(TIME_FORMAT),--time-format "$(TIME_FORMAT)") \
	  $(if $(CURRENCY),--currency "$(CURRENCY)") $(if $(AS_OF),--as-of "$(AS_OF)") \
	  $(if $(CUSTOMERS),--customers "$(CUSTOMERS)") $(CHOSEN_STATE) $(ARGS)

# The last run of STATE, which failed, from the step that did: what had finished is kept.
retry: setup
	@$(BIN)/python -m laptop.batch --retry $(CHOSEN_STATE) $(ARGS)

# A campaign, played from its list to what it kept: a horizon on from the last run, or up to today. CUSTOMERS=2000.
campaign: setup
	@$(BIN)/python -m laptop.batch --campaign $(if $(CUSTOMERS),--customers "$(CUSTOMERS)") $(CHOSEN_STATE) $(ARGS)

# The warehouse of STATE, built anew from bronze: once, where a run says that a table lacks a column.
rebuild: setup
	@$(BIN)/python -m localcloud run --state-dir "$(STATE)" -- $(BIN)/python -m laptop.rebuild --state-dir "$(STATE)"

# The dashboard of PROJECT in Google Cloud; otherwise of the laptop's cloud in STATE.
dashboard: setup
	@$(if $(PROJECT),$(BIN)/python -m dashboard --project "$(PROJECT)",$(BIN)/python -m localcloud run \
	  --state-dir "$(STATE)" -- $(BIN)/python -m dashboard --output "$(STATE)/reports/dashboard.html") $(ARGS)

# Why CUSTOMER got the score of the day ON, and whether it is equal when replayed: of PROJECT, or of STATE.
explain: setup
	@$(if $(PROJECT),$(BIN)/python -m explain --project "$(PROJECT)" --bucket "$(PROJECT)-lake-raw",$(BIN)/python \
	  -m localcloud run --state-dir "$(STATE)" -- $(BIN)/python -m explain) "$(CUSTOMER)" --on "$(ON)" $(ARGS)

# Whom to treat, and what a campaign kept, of PROJECT, or of STATE: ARGS='--top 500 --output calls.csv'.
audience: setup
	@$(if $(PROJECT),$(BIN)/python -m audience $(ARGS) --project "$(PROJECT)",$(BIN)/python -m localcloud run \
	  --state-dir "$(STATE)" -- $(BIN)/python -m audience $(ARGS))

# A prompt on the warehouse of PROJECT, or of STATE: ARGS='-c "SELECT …"' asks once, --csv writes CSV.
sql: setup
	@$(if $(PROJECT),$(BIN)/python -m sql --project "$(PROJECT)",$(BIN)/python -m localcloud run \
	  --state-dir "$(STATE)" -- $(BIN)/python -m sql) $(ARGS)

# Proves what no document is sure of, as the real accounts: of PROJECT, or of the stand-ins of STATE.
smoke: setup
	@$(if $(PROJECT),$(BIN)/python -m pipelines.smoke --project "$(PROJECT)" --bucket "$(PROJECT)-lake-raw",$(BIN)/python \
	  -m localcloud run --state-dir "$(STATE)" -- sh -c '$(BIN)/python -m laptop.provision && $(BIN)/python -m pipelines.smoke') $(ARGS)

# Keeps the laptop's cloud of STATE running; eval "$(make up)" leads Google's clients there.
up: setup
	@$(BIN)/python -m localcloud up --state-dir "$(STATE)"

# Ends the laptop's cloud, or tells how it is.
down status: $(INSTALLED)
	@$(BIN)/python -m localcloud $@ --state-dir "$(STATE)" || [ $$? -eq 3 ] # nothing runs: an answer, too

# Times a fresh clone's first predictions and its next day; then the parts by themselves.
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

# Forgets all local data of STATE, or of every state, after it has asked; YES=1 asks nothing.
clean:
	@$(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON)) -m laptop.clean $(CHOSEN_STATE) $(if $(filter-out no 0,$(YES)),--yes)

# ruff and mypy --strict.
lint: $(TESTS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# What ruff can mend by itself.
format: $(TESTS)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url --no-annotate --no-header

# The dependencies' versions, after a change to pyproject.toml.
lock: $(BIN)/uv
	$(LOCK) pyproject.toml --all-extras -o requirements.lock
	$(LOCK) --group dev --constraint requirements.lock -o tests/requirements.lock
	$(LOCK) --group docs -o docs/site/requirements.lock
	$(LOCK) pyproject.toml --extra orchestrator --constraint requirements.lock -o orchestrator/requirements.txt
	$(LOCK) pyproject.toml --extra steps --constraint requirements.lock -o components/requirements.txt
	$(LOCK) pyproject.toml --extra generators --constraint requirements.lock -o generators/requirements.txt

# To Google Cloud: ENV=dev or prod, STEP=one step, ARGS="--dry-run" or "--yes": docs/deploy.md.
deploy: $(INSTALLED)
	@$(BIN)/python -m infra.deploy $(ENV) $(if $(STEP),--step $(STEP)) $(ARGS)

# Whether a deployment to ENV can begin, and what mends what is missing.
doctor: $(INSTALLED)
	@$(BIN)/python -m infra.deploy $(ENV) --step doctor $(ARGS)

# The hashes of Terraform's providers for Linux and macOS, once, and after another version of them.
lock-providers:
	@for root in infra infra/bootstrap; do terraform -chdir=$$root providers lock -platform=linux_amd64 \
	  -platform=linux_arm64 -platform=darwin_amd64 -platform=darwin_arm64 $(ARGS); done

# What checkov says of infra/ and of a plan, but for infra/checkov.yaml; in an environment of its own (270 MB).
checkov: setup $(TESTS)
	@plan=$$(mktemp) && trap 'rm "$$plan"' EXIT && $(BIN)/python -m tests.infra.plan "$$plan" && \
	for what in "--directory infra" "--file $$plan"; do $(BIN)/uv run --isolated --no-project --python $(BIN)/python \
	  --with checkov==3.3.30 checkov --config-file infra/checkov.yaml $$what; done

# What a deployment to ENV would change.
plan: $(INSTALLED)
	@$(BIN)/python -m infra.deploy $(ENV) --step apply --dry-run

# Takes ENV down; DELETE_DATA=yes deletes its data too.
destroy: $(INSTALLED)
	@$(BIN)/python -m infra.deploy $(ENV) --destroy $(if $(filter yes,$(DELETE_DATA)),--delete-data) $(ARGS)

# Builds the images, BASE=of another base image, and has a day of the batch run in them.
image-check: setup $(TESTS)
	@$(BIN)/python -m tests.infra.image_check $(if $(BASE),--base "$(BASE)")

# Drives the local Dataform with Airflow's hook, in an environment of its own (1.4 GB).
airflow-check: setup
	@$(BIN)/python -m localcloud up --state-dir .localcloud/airflow > .localcloud/airflow.env && \
	trap '$(BIN)/python -m localcloud down --state-dir .localcloud/airflow; rm .localcloud/airflow.env' EXIT && \
	source .localcloud/airflow.env && export AIRFLOW_HOME=$$PWD/.localcloud/airflow-home && \
	export AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT='{"conn_type": "google_cloud_platform", "extra": {"is_anonymous": true}}' && \
	$(BIN)/uv run --isolated --no-project \
	  --python $(BIN)/python --with apache-airflow-providers-google==22.8.0 tests/localcloud/dataform/airflow_check.py

# What analysts ask by (pandas, ibis, SQLAlchemy, a notebook), led by `make up` alone; in an environment of its own.
clients-check: setup $(TESTS)
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .localcloud/clients && \
	$(BIN)/uv pip install --quiet --python .localcloud/clients -r tests/localcloud/clients/requirements.txt && \
	CLIENTS_PYTHON=$$PWD/.localcloud/clients/bin/python $(BIN)/pytest -q tests/localcloud/test_clients.py

# Has dbt build a project twice against the local BigQuery, in an environment of its own (400 MB).
dbt-check: setup
	@$(BIN)/python -m localcloud run --state-dir .localcloud/dbt -- $(BIN)/uv run --isolated --no-project \
	  --python $(BIN)/python --with dbt-core==1.11.16 --with dbt-bigquery==1.11.3 tests/localcloud/dbt/check.py

# Runs the system tests of Google's client for BigQuery, of the checkout in CLIENT=path, against the local one.
client-check: setup
	@$(BIN)/python -m localcloud run --state-dir .localcloud/client -- $(BIN)/uv run --isolated --no-project \
	  --python $(BIN)/python --with-requirements tests/localcloud/client/requirements.txt \
	  tests/localcloud/client/check.py "$(CLIENT)" $(ARGS)
