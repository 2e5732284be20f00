# Shopfleet's commands; `make` alone lists them. PYTHON=... names the Python, PORT=... the web port.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test isolation chaos storms check bench screenshots demo messages format chromium dev-venv run-venv run-assets dev-assets
export PYTHON
BIN := .venv/bin

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: run-assets ## Start everything on this machine with a demo agency; Ctrl-C stops it
	@exec $(BIN)/shopfleet run

demo: run-assets ## Run 200 simulated orders to their end, without the web, and print the figures
	@exec $(BIN)/shopfleet demo --orders 200 --faults some --json

test: dev-assets chromium ## Run all tests (ARGS="-k word" picks some)
	@$(BIN)/python -m pytest -p tests.no_skips $(ARGS)

isolation: dev-assets ## Prove the walls between tenants, then print the figures
	@$(BIN)/python -m pytest -p tests.no_skips tests/isolation

chaos: dev-assets ## Kill, stop and cut the real processes in every combination, then ten large storms (hours)
	@$(BIN)/python -m pytest -p tests.no_skips tests/chaos --everything $(ARGS)
	@$(MAKE) --no-print-directory storms

storms: dev-assets ## Storms over the real processes while 2,000 orders arrive (SEEDS=3 picks one of ten)
	@$(BIN)/python -m tests.chaos.storm --seeds $(or $(SEEDS),1-10) --results build/storms.jsonl

check: dev-assets ## Lint, format, types and the rules of the house, in seconds
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet || { echo "shopfleet: some files are not formatted; run make format." >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -p tests.no_skips --durations=0 tests/house tests/isolation/test_catalogue.py

bench: dev-assets ## Measure the ratios of docs/performance.md
	@$(BIN)/python -m bench

screenshots: dev-assets chromium ## Take the main pages in four variants into build/screenshots (ARGS=--readme: the README's two)
	@$(BIN)/python -m tests.screenshots $(ARGS)

format: dev-venv ## Put imports and layout in order
	@$(BIN)/ruff check --fix --quiet --exit-zero
	@$(BIN)/ruff format --quiet

# Sentences of errors are the second argument of Invalid and WrongProof and the first of the others; NotFound has a noun,
# text_field a label, group (of the API) a description.
MARKS := -k _ -k said -k counted:2,3 -k tr -k Invalid:2 -k WrongProof:2 -k NotFound -k text_field -k group:3 -k Conflict -k Forbidden -k SignInRequired
WORDS := agency/portal/translations
messages: dev-venv ## Collect the sentences of the program for its translators
	@mkdir -p build && $(BIN)/pybabel --quiet extract -F $(WORDS)/babel.cfg $(MARKS) --omit-header --sort-by-file \
	    --no-wrap --no-location -o build/messages.pot .
	@$(BIN)/pybabel --quiet update -i build/messages.pot -d $(WORDS) --no-fuzzy-matching --no-wrap --ignore-obsolete

run-venv:
	@scripts/ensure_venv.sh requirements.lock

dev-venv:
	@scripts/ensure_venv.sh requirements-dev.lock

# What the browser gets and we did not write: fetched by npm and built once, until a version changes.
run-assets: run-venv
	@scripts/ensure_assets.sh

dev-assets: dev-venv
	@scripts/ensure_assets.sh dev

# A browser is fetched only once there are tests that drive one.
chromium:
	@$(if $(wildcard tests/e2e/test_*.py),scripts/ensure_chromium.sh,true)
