# make install   .venv with everything, system libraries included; nothing to do when up to date
# make demo      the whole way, small     (DATA=DIR real CAD files, OUT=DIR where to)
# make test      the tests
# make proof     the tests that take minutes each: failures, whole flows
# make machines  those that need several machines, which they make on this one; as root
# make lint      ruff, types, floor plan
# make docs      the manual as a site, in site/; fails on a page or a link that is not there
# make tutorials every command of the tutorials, small
# make bench     our speed beside others', on a quiet machine
# make clean     build leftovers; never .venv, never runs/

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# -qq: errors only. Where packages come from is the user's pip configuration; none is named here.
# On a machine without a GPU the CUDA build of torch is a large download for nothing: point
# PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS at the CPU wheels, the constraint accepts either build.
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install -qq -c constraints.txt

# By file, so that what a file sets up is set up once, and in order: the long ones are not the last.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

OUT ?= runs/demo
DATA ?=

.PHONY: install demo test proof machines lint docs tutorials bench clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt cluster/bootstrap.sh
	@started=$$SECONDS
	cluster/bootstrap.sh
	# The first Python that is there, runs (a pyenv shim may not) and is of the right version.
	for python in $(PYTHON) python3.11 python3.12 python3; do
	  $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	    2>/dev/null && break || python=
	done
	[ -n "$$python" ] || { echo "error: Python 3.11 or 3.12 is needed (PYTHON=PATH names one)" >&2; exit 1; }
	# An interrupted creation leaves no pip: start that one over.
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $$python -m venv --clear $(VENV)
	echo "$(VENV): build tools"
	$(PIP) pip setuptools wheel hatchling editables ninja packaging
	echo "$(VENV): torch"
	$(PIP) numpy torch
	# deepspeed's build asks the torch that is installed; isolation would hide it.
	echo "$(VENV): deepspeed, cadquery, ray and the rest"
	$(PIP) --no-build-isolation deepspeed -e '.[dev]'
	touch $@
	echo "installed in $$((SECONDS - started)) s: source $(BIN)/activate"

demo: $(STAMP)
	@$(BIN)/python -m jobs.demo out='$(OUT)' $(if $(DATA),data='$(DATA)')

test: $(STAMP)
	@$(PYTEST) -m 'not proof and not machines'

proof: $(STAMP)
	@$(PYTEST) -m proof

machines: $(STAMP)
	@$(BIN)/python -m pytest -m machines

lint: $(STAMP)
	@$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(STAMP)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet  # the theme's news are none of ours
	echo "site/index.html"

tutorials: $(STAMP)
	@$(BIN)/python -m manual.tutorial docs/tutorials/*.md

bench: $(STAMP)
	@$(BIN)/python -m bench.preparation core
	$(BIN)/python -m bench

clean:
	@rm -rf build dist site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find bench cadvlm cluster jobs manual serve studies tune tests -name __pycache__ -prune -exec rm -rf {} +
