# Everything here needs Python 3.11 or newer and make; the rest is installed into .venv and the node_modules of contracts,
# api/web and tests/browser from the lock files, once, and again when a lock file changes.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory --no-builtin-rules
PYTHON_BIN := .venv/bin/python
PYTEST := $(PYTHON_BIN) -m pytest
JOBS ?= 2
.DEFAULT_GOAL := help
.PHONY: help setup setup-node demo test test-unit test-integration test-contracts test-javascript test-browser coverage check format generate bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install everything, tests and checks included
	@tools/setup dev

setup-node:
	@tools/setup node

demo: setup-node ## run the whole path on made data and serve it until Ctrl-C (ARGS=--exit ends by itself)
	@.venv/bin/tanpuhui demo $(ARGS)

test: test-contracts test-unit test-javascript test-integration test-browser ## run every test

test-unit: setup ## unit and property tests: no node, no database, no network
	@$(PYTEST) -n $(JOBS) tests/unit tests/property tests/vectors $(ARGS)

test-integration: setup ## tests against a real node and PostgreSQL
	@$(PYTEST) -n $(JOBS) --dist loadfile tests/integration $(ARGS)

test-contracts: setup ## Foundry tests: unit, fuzz, invariants
	@cd contracts && ../tools/foundry forge test

test-javascript: setup ## tests of the verifier that runs in browsers
	@tools/node --test tests/javascript/*.test.mjs

test-browser: setup ## pages in Chromium, every one on a phone and on a desk; pictures of them in build/screenshots
	@$(PYTEST) tests/browser $(ARGS)

coverage: setup ## line and branch coverage of Python and of the contracts
	@rm -f .coverage .coverage.*
	@$(PYTEST) -q -n $(JOBS) --dist loadfile --cov --cov-report=term tests
	@cd contracts && ../tools/foundry forge coverage --report summary

check: setup ## format, lint, types, import arrows, generated files (ARGS=NAME runs one)
	@$(PYTHON_BIN) -m tools.check $(ARGS)

format: setup ## format Python and Solidity
	@$(PYTHON_BIN) -m ruff check --quiet --fix-only .
	@$(PYTHON_BIN) -m ruff format --quiet .
	@cd contracts && ../tools/foundry forge fmt

generate: setup ## write generated files anew (snapshots, docs)
	@$(PYTHON_BIN) -m tools.generated

bench: setup ## run one benchmark: NAME=submit, options in ARGS
	@test -n "$(NAME)" || { echo "make bench NAME=...: one of" $$(cd benchmarks && ls *.py | grep -v '^_' | sed 's/\.py$$//'); exit 2; }
	@$(PYTHON_BIN) -m benchmarks.$(NAME) $(ARGS)

lock: setup-node ## write the lock files anew (ARGS=--upgrade moves the pins)
	@tools/lock $(ARGS)

clean: ## remove everything that was made here
	@rm -rf .venv .venv-lock .setup.lock build dist .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@rm -rf contracts/node_modules api/web/node_modules tests/browser/node_modules contracts/out contracts/cache contracts/lcov.info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
