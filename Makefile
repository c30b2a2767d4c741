# `make setup` needs python3 (3.11 or newer, with venv) and make, nothing else.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?=
PYTEST_WORKERS ?= 3
# Tests start a hundred processes: without compiled files each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check bench chaos lock system clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 10

setup: $(STAMP) ## .venv with outage-service in it

$(STAMP): pyproject.toml requirements.lock requirements-dev.lock scripts/setup.sh
	@PYTHON="$(PYTHON)" scripts/setup.sh $(VENV)
	@touch $@

demo: setup ## The whole story in under a minute
	@$(BIN)/outage-service demo

run: setup ## The service on http://127.0.0.1:8000
	@$(BIN)/outage-service serve

check: setup ## Style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict src
	$(BIN)/lint-imports --no-logo

test: setup system check ## Everything that must hold before a commit
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(PYTEST_WORKERS) --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=95
	$(BIN)/coverage report --fail-under=100 --include='*/outage_service/domain/*'

bench: setup ## Ratios to the peers, side by side
	@$(BIN)/python -m benchmarks

chaos: setup system ## Kills, stalls and starves real processes; about half an hour
	@scripts/system_packages.sh chaos
	$(BIN)/python -m pytest -m chaos tests
	$(BIN)/python -m pytest -m "hypothesis and not chaos" --hypothesis-profile=search -n $(PYTEST_WORKERS) tests

lock: ## Both lock files anew; LOCK_FLAGS=--upgrade for newer versions
	scripts/lock.sh $(LOCK_FLAGS)

system: # Programs that tests drive
	@scripts/system_packages.sh

clean: ## What can be made again, .venv included
	rm -rf $(VENV) .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache \
	    .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
