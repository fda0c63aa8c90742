# A person and CI type the same words. `make help` lists them.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
WORKFLOWS := $(wildcard .github/workflows/*.yml)

.PHONY: help install repro ui check test test-slow test-torture bench fuzz

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

install: ## create .venv from constraints.txt; nothing to do when it is current
	@$(PYTHON) tools/install.py

repro: install ## run the pipeline, mirror the run to MLflow, print the scorecard
	@headway repro
	@headway track
	@headway summary

ui: install ## serve the MLflow store on this machine and print its address; Ctrl-C ends it
	@headway track --ui

check: install ## lint, types, architecture and workflows
	@ruff check .
	@ruff format --check .
	@mypy
	@lint-imports
	@actionlint
	@check-jsonschema --builtin-schema vendor.github-workflows $(WORKFLOWS)
	@check-jsonschema --builtin-schema vendor.github-actions .github/actions/setup/action.yml
	@check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	@zizmor --persona pedantic --offline --no-progress --quiet .github

test: install ## the fast tests
	@pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not gpu and not real_cml"

test-slow: install ## every test but torture, full counts
	@pytest -m "not torture"

test-torture: install ## races of many processes that are killed at random; half an hour
	@pytest -m torture

bench: install ## speed, side by side in one run; writes bench/results.json
	@python -m bench.run

SECONDS ?= 60
fuzz: install ## feed damaged files to every label reader for SECONDS=60
	@python tools/fuzz_readers.py --seconds $(SECONDS)
