# The whole project from one place. Every target stands alone: it makes what it needs first.

PYTHON  ?= python3
VENV    := .venv
PY      := $(VENV)/bin/python
READY   := $(VENV)/.ready
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)
# More words for pip, e.g. PIP_FLAGS="--find-links wheels" where there is no network.
PIP_FLAGS ?=

.PHONY: help setup demo proof test test-fast clean

help:
	@echo "make setup      the environment in $(VENV), once"
	@echo "make demo       a small agent from nothing: data, training, evaluation, report (into demo/)"
	@echo "make proof      the full one, whose numbers the README gives (into proof/)"
	@echo "make test       style, types and all tests"
	@echo "make test-fast  the tests that run no real model"
	@echo "make clean      remove what these targets made, demo/ and proof/ excepted"

setup: $(READY)

# The marker is newer than what the environment was made from, so a second run has nothing to do. constraints.txt
# pins torch: without it pip takes the newest, which on Linux brings gigabytes that a CPU has no use for.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet $(PIP_FLAGS) -c constraints.txt -e '.[local,fast,endpoint,learn,dev]'
	@$(PY) tests/postgres.py
	@touch $(READY)

demo: setup
	$(PY) -m demeanor.commands.loop demo --into demo

proof: setup
	$(PY) -m demeanor.commands.loop proof --into proof

test: setup
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check src tests bench
	$(VENV)/bin/mypy
	$(PY) -m pytest -n $(WORKERS)

test-fast: setup
	$(PY) -m pytest -n $(WORKERS) -m "not slow"

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
