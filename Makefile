# Everything starts here. Each target makes its own environment if it is missing or older than the lock.
#
#   make report     the report; the last line is the path of the page
#   make test       all tests
#   make lab        JupyterLab, to rerun and tweak
#   make verify     make it all again in a copy and compare every byte
#   make bench      how fast, as ratios (bench/RESULTS.md)
#   make faults     kill, starve and lock out builds, and see that nothing breaks
#   make docs       pages of the package's functions, with examples (.build/docs)
#   make strip      notebooks as they are kept in git
#   make lock       new pinned versions, from pyproject.toml

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DOCS ?= .build/docs
# pip compiles what it installs unless this is set; without, every start takes nearly three times as long
INSTALL := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: report test lab filter verify bench faults docs strip lock
.DEFAULT_GOAL := report

report: $(VENV)/run.stamp
	@$(BIN)/escalation build

test: $(VENV)/dev.stamp
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder  # in the order of tests/conftest.py

lab: $(VENV)/run.stamp filter
	@JUPYTER_CONFIG_PATH="$(CURDIR)/.jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}" $(BIN)/jupyter lab --LabApp.app_settings_dir=.jupyter --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks

# what running a notebook left in it is then neither in `git diff` nor in a commit (.gitattributes)
filter: $(VENV)/run.stamp
	@if [[ -e .git ]]; then git config filter.notebook.clean '$(BIN)/escalation strip --filter'; fi

verify: $(VENV)/run.stamp
	@$(BIN)/escalation verify

bench: $(VENV)/dev.stamp
	@$(BIN)/python -m bench

faults: $(VENV)/dev.stamp
	@$(BIN)/python -m bench.faults

# modules of evidence that the room itself does not hand out are named; pdoc would leave them out
docs: $(VENV)/dev.stamp
	@$(BIN)/python -m pdoc --docformat markdown --no-include-undocumented --no-show-source -o $(DOCS) \
	    escalation $(addprefix escalation.evidence.,agreement amendments articles changes check corrections errata tables) \
	    $(addprefix escalation.prose.,check choices phase_choices weeks)
	@echo $(DOCS)/escalation.html

strip: $(VENV)/run.stamp
	@$(BIN)/escalation strip

lock: $(VENV)/dev.stamp
	@$(BIN)/python -m bench.supply lock

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	    || { echo "Python 3.11, 3.12 or 3.13 is needed; say which with: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# requirements-dev.txt holds everything that requirements.txt does
$(VENV)/run.stamp: requirements.txt pyproject.toml | $(BIN)/python
	@if [[ $(VENV)/dev.stamp -nt requirements-dev.txt && $(VENV)/dev.stamp -nt requirements.txt && $(VENV)/dev.stamp -nt pyproject.toml ]]; then \
	    touch $@; exit 0; fi; \
	echo "setting up the environment (a minute, once)" >&2; \
	$(INSTALL) --require-hashes -r requirements.txt; \
	$(INSTALL) --no-deps --no-build-isolation -e .; \
	touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements.txt pyproject.toml | $(BIN)/python
	@echo "setting up the environment for tests (a minute, once)" >&2
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run.stamp

# For maintainers: how much the tests hold. Figures in bench/HARDNESS.md and bench/MUTATION.md.
.PHONY: fuzz mutants coverage licences audit newest types

fuzz: $(VENV)/maintain.stamp  ## 100,000 wrong inputs; make fuzz CASES=5000 for fewer
	@FUZZ_CASES=$(or $(CASES),100000) nice $(BIN)/python -m pytest -q -s tests/test_fuzz.py
	@nice $(BIN)/python -m bench.fuzz

mutants: $(VENV)/maintain.stamp  ## small changes to phases, timing, series and evidence: does a test notice each?
	@nice $(BIN)/python -m bench.mutants

coverage: $(VENV)/dev.stamp  ## branches of the package that tests pass; fails below the floor in pyproject.toml
	@nice $(BIN)/python -m pytest --cov --cov-report=term:skip-covered --cov-report=html:.build/coverage

licences: $(VENV)/dev.stamp  ## every locked dependency with its licence; fails on one that is not allowed
	@$(BIN)/python -m bench.supply licences

audit: $(VENV)/dev.stamp  ## known vulnerabilities of locked versions; says so if it cannot reach the database
	@$(BIN)/python -m bench.supply audit

newest: $(VENV)/dev.stamp  ## all tests on the newest versions that pyproject.toml allows
	@$(BIN)/python -m bench.supply newest

types: $(VENV)/dev.stamp
	@$(BIN)/python -m mypy

$(VENV)/maintain.stamp: requirements-maintain.txt $(VENV)/dev.stamp
	@$(INSTALL) --require-hashes -r requirements-maintain.txt
	@touch $@
