# `make run` runs the whole batch on this machine; `make test` proves it. Everything installs into .venv.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := test
PYTHON ?= python3.13
UV_VERSION := 0.13.9
BIN := .venv/bin
STATE ?= .localcloud/demo
INSTALLED := .venv/.installed

ENV ?= dev

.PHONY: setup run dashboard test chromium lint format lock generate up down status bench clean \
  plan deploy destroy image-check airflow-check

COMPILER := localcloud/dataform/compiler/node_modules/.installed
AXE := tests/dashboard/axe/node_modules/.installed

setup: $(INSTALLED) $(COMPILER)

$(BIN)/uv: .python-version
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.13 is needed: put python3.13 on the PATH, or run make PYTHON=/path/to/python3.13" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch $@

$(INSTALLED): requirements.lock pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip sync --quiet --require-hashes --compile-bytecode --python .venv requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python .venv --editable .
	@touch $@

test: setup lint chromium
	$(BIN)/python -m generate --check
	$(BIN)/pytest

# Pages are tested in a browser; where this cannot install one, their tests skip and say so.
chromium: $(AXE)
	@if ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; fi

$(COMPILER): localcloud/dataform/compiler/package-lock.json | $(INSTALLED)
	$(BIN)/python -m localcloud.dataform.install

# axe-core, which finds what a page keeps from people who cannot see it or use no mouse.
$(AXE): tests/dashboard/axe/package-lock.json | $(INSTALLED)
	$(BIN)/python -m localcloud.dataform.install tests/dashboard/axe

# All that is generated and committed: python -m generate --help lists it.
generate: setup
	@$(BIN)/python -m generate

run: setup
	@$(BIN)/python -m localcloud.batch $(if $(SALES),--sales "$(SALES)") $(if $(COLUMNS),--columns "$(COLUMNS)") \
	  $(if $(TIME_FORMAT),--time-format "$(TIME_FORMAT)") $(if $(CURRENCY),--currency "$(CURRENCY)") \
	  $(if $(AS_OF),--as-of "$(AS_OF)") $(if $(CUSTOMERS),--customers "$(CUSTOMERS)") $(ARGS)

# PROJECT=one of Google Cloud; otherwise the laptop's cloud of STATE.
dashboard: setup
	@$(if $(PROJECT),$(BIN)/python -m dashboard --project "$(PROJECT)",$(BIN)/python -m localcloud run \
	  --state-dir "$(STATE)" -- $(BIN)/python -m dashboard --output "$(STATE)/reports/dashboard.html") $(ARGS)

up: setup
	@$(BIN)/python -m localcloud up --state-dir "$(STATE)"

down status: $(INSTALLED)
	@$(BIN)/python -m localcloud $@ --state-dir "$(STATE)"

# From a fresh clone to the first predictions and the next day; then the parts by themselves.
bench: setup
	@clone=$$(mktemp -d) && trap 'rm -rf "$$clone"' EXIT && git clone --quiet . "$$clone" && \
	  time $(MAKE) --no-print-directory -C "$$clone" run && time $(MAKE) --no-print-directory -C "$$clone" run
	$(BIN)/python tests/bench/dashboard_size.py
	$(BIN)/python tests/bench/door.py
	$(BIN)/python tests/bench/export.py
	$(BIN)/python tests/bench/oracle.py
	$(BIN)/python tests/bench/oracle_ceiling.py
	$(BIN)/python tests/bench/churn_scale.py
	$(BIN)/python tests/bench/orchestrator.py
	$(BIN)/python tests/bench/warehouse.py

clean:
	@for state in .localcloud/*/state.json; do \
	  [ ! -f "$$state" ] || $(BIN)/python -m localcloud down --state-dir "$$(dirname "$$state")"; done
	rm -rf .localcloud

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

LOCK := $(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version 3.13 --generate-hashes --no-emit-index-url --no-annotate --no-header

lock: $(BIN)/uv
	$(LOCK) --all-extras -o requirements.lock
	$(LOCK) --extra orchestrator --constraint requirements.lock -o orchestrator/requirements.txt
	$(LOCK) --extra steps --constraint requirements.lock -o components/requirements.txt
	$(LOCK) --extra generators --constraint requirements.lock -o generators/requirements.txt

# ENV=dev or prod; STEP=one step; ARGS="--dry-run", "--from release", "--yes": docs/deploy.md.
deploy: $(INSTALLED)
	@$(BIN)/python -m infra.deploy $(ENV) $(if $(STEP),--step $(STEP)) $(ARGS)

plan: $(INSTALLED)
	@$(BIN)/python -m infra.deploy $(ENV) --step apply --dry-run

destroy: $(INSTALLED)
	@$(BIN)/python -m infra.deploy $(ENV) --destroy $(if $(filter yes,$(DELETE_DATA)),--delete-data) $(ARGS)

# Builds the images without a Docker engine and has a day of the batch run in them; BASE=another base image.
image-check: setup
	@$(BIN)/python -m tests.infra.image_check $(if $(BASE),--base "$(BASE)")

# Drives the local Dataform with Airflow's hook, from an environment that uv makes for this alone (1.4 GB).
airflow-check: setup
	@$(BIN)/python -m localcloud up --state-dir .localcloud/airflow > .localcloud/airflow.env && \
	trap '$(BIN)/python -m localcloud down --state-dir .localcloud/airflow; rm .localcloud/airflow.env' EXIT && \
	source .localcloud/airflow.env && export AIRFLOW_HOME=$$PWD/.localcloud/airflow-home && \
	export AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT='{"conn_type": "google_cloud_platform", "extra": {"is_anonymous": true}}' && \
	$(BIN)/uv run --isolated --no-project \
	  --python $(BIN)/python --with apache-airflow-providers-google==22.8.0 tests/localcloud/dataform/airflow_check.py
