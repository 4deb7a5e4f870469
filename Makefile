# `make run` sets up recsite and starts it; `make test` runs every test; `make help` lists all targets.

SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PYTEST := $(BIN)/pytest -n 2 --dist loadgroup
ON_SQLITE := DATABASE_URL=sqlite://:memory:
ON_POSTGRESQL := DATABASE_URL=$${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --python-version 3.11

# The tests start many processes, which are faster with compiled modules.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run spark test test-fast test-long test-sqlite test-postgresql lint format lock check-lock container-test clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run.stamp var/env ## Install what is missing, then start the site and a worker on http://127.0.0.1:8000
	@export DEBUG=on; \
	$(MANAGE) bootstrap fixtures/ml-latest-small && \
	{ $(BIN)/celery --app recsite worker --beat --concurrency 1 --loglevel WARNING & worker=$$!; \
	  trap 'kill $$worker 2>/dev/null; wait $$worker' EXIT; \
	  $(MANAGE) runserver 127.0.0.1:$(PORT); }

spark: .venv/spark.stamp ## Install Apache Spark for retrain --trainer spark (needs Java 17)

test: test-sqlite test-postgresql ## Run the tests, on SQLite and on PostgreSQL

test-fast: .venv/dev.stamp ## Run the tests that start no process, browser or Java, on SQLite, for every save
	$(ON_SQLITE) $(PYTEST) -m "not slow" --ignore tests/browser

test-long: .venv/dev.stamp ## Run the tests that take minutes: kills, backups, several hosts, every API operation
	$(ON_SQLITE) $(PYTEST) -m long
	$(ON_POSTGRESQL) $(PYTEST) -m "long and database"

test-sqlite: .venv/dev.stamp
	$(ON_SQLITE) $(PYTEST) -m "not long"

test-postgresql: .venv/dev.stamp
	$(ON_POSTGRESQL) $(PYTEST) -m "database and not long"

lint: .venv/dev.stamp var/env ## Run linters and type checks; check that migrations and requirements are up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet recsite movies recommendations
	$(BIN)/mypy .
	$(MANAGE) makemigrations --check --dry-run
	$(MAKE) --no-print-directory check-lock

container-test: .venv/dev.stamp ## Build the production images and test them in containers (root, podman, mmdebstrap)
	$(BIN)/python -m deploy.container_test $(ARGS)

format: .venv/dev.stamp ## Format every file
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .venv/dev.stamp ## Recompile the pinned requirements
	$(LOCK) requirements.in --output-file requirements.txt
	$(LOCK) requirements-spark.in --output-file requirements-spark.txt
	$(LOCK) requirements-dev.in --output-file requirements-dev.txt

check-lock: .venv/dev.stamp
	@mkdir -p var/lock && cp requirements*.txt var/lock/
	$(LOCK) requirements.in --output-file var/lock/requirements.txt
	$(LOCK) requirements-spark.in --output-file var/lock/requirements-spark.txt
	$(LOCK) requirements-dev.in --output-file var/lock/requirements-dev.txt
	diff requirements.txt var/lock/requirements.txt
	diff requirements-spark.txt var/lock/requirements-spark.txt
	diff requirements-dev.txt var/lock/requirements-dev.txt

clean: ## Remove the virtual environment and caches (never the data in var/)
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "recsite needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.txt | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements.txt requirements-dev.txt | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch .venv/run.stamp $@

.venv/spark.stamp: requirements-spark.txt .venv/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.txt
	@touch $@

var/env:
	@mkdir -p var && umask 077 && echo "SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))')" > $@
