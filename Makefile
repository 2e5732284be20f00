# Shopfleet's commands; `make` alone lists them. PYTHON=... names the Python, PORT=... the web port.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test isolation check bench demo format chromium dev-venv run-venv
export PYTHON
BIN := .venv/bin

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: run-venv ## Start everything on this machine with a demo agency; Ctrl-C stops it
	@exec $(BIN)/shopfleet run

demo: run-venv ## Run 200 simulated orders to their end, without the web, and print the figures
	@exec $(BIN)/shopfleet demo --orders 200 --faults some --json

test: dev-venv chromium ## Run all tests (ARGS="-k word" picks some)
	@$(BIN)/python -m pytest -p tests.no_skips $(ARGS)

isolation: dev-venv ## Prove the walls between tenants, then print the figures
	@$(BIN)/python -m pytest -p tests.no_skips tests/isolation

check: dev-venv ## Lint, format, types and the rules of the house, in seconds
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet || { echo "shopfleet: some files are not formatted; run make format." >&2; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -p tests.no_skips --durations=0 tests/house tests/isolation/test_catalogue.py

bench: dev-venv ## Measure the ratios of docs/performance.md
	@$(BIN)/python -m bench

format: dev-venv ## Put imports and layout in order
	@$(BIN)/ruff check --fix --quiet --exit-zero
	@$(BIN)/ruff format --quiet

run-venv:
	@scripts/ensure_venv.sh requirements.lock

dev-venv:
	@scripts/ensure_venv.sh requirements-dev.lock

# A browser is fetched only once there are tests that drive one.
chromium:
	@$(if $(wildcard tests/e2e/test_*.py),scripts/ensure_chromium.sh,true)
