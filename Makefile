# From a bare machine with Python 3.11 and make: everything else is installed into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# Versions to install; empty for the newest that are allowed.
CONSTRAINTS := constraints.txt
# Modules are compiled when they are imported first, which few of those that are installed ever are.
PIP := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS))

# Extras of pyproject.toml to install besides, for instance `make install EXTRAS=cuda`.
EXTRAS :=

.PHONY: help install dev reproduce notebooks test thorough campaign docs linkcheck wheel audit lint types unit clean

help:
	@echo "make reproduce   train eight networks on the two-step task, test, draw and report"
	@echo "make test        lint, types and tests, but for the few that take longest"
	@echo "make thorough    those that take longest; CI runs both"
	@echo "make campaign    what is promised of crashes, faults, damage and wrong input, tried by the thousand"
	@echo "make notebooks   execute the notebooks and keep what they show"
	@echo "make docs        the documentation site, in build/docs/index.html"
	@echo "make linkcheck   every address that the site links to, looked up"
	@echo "make wheel       wheel and sdist in dist/, tried in an empty environment"
	@echo "make audit       known vulnerabilities of constraints.txt; dist/sbom.json, all dependencies with licences"
	@echo "make install     the package, in .venv; EXTRAS=cuda for NVIDIA GPUs"
	@echo "make dev         that, and what the tests and the notebooks need"
	@echo "make clean       delete .venv (never your runs)"

install: $(VENV)/.installed

dev: $(VENV)/.installed-dev

reproduce: $(VENV)/.installed
	$(BIN)/prefrontal reproduce wang2018-two-step

notebooks: $(VENV)/.installed-dev
	$(BIN)/python scripts/run_notebooks.py

test: lint types unit

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/basedpyright

unit: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not thorough"

thorough: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 -m thorough

campaign: $(VENV)/.installed-dev
	$(BIN)/python -m campaign

docs: $(VENV)/.installed-docs
	$(BIN)/python scripts/build_site.py

linkcheck: $(VENV)/.installed-docs
	$(BIN)/python scripts/build_site.py --linkcheck

wheel: $(VENV)/.installed-dev
	$(BIN)/python scripts/check_wheel.py

# In an environment of its own: what it needs is not the package's.
audit: $(VENV)/.installed
	$(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit cyclonedx-bom
	mkdir -p dist
	build/audit/bin/cyclonedx-py environment --pyproject pyproject.toml --output-file dist/sbom.json $(BIN)/python
	build/audit/bin/pip-audit --strict --requirement constraints.txt --no-deps --disable-pip --progress-spinner off

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable '.$(if $(EXTRAS),[$(EXTRAS)])'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) --editable '.[dev]'
	@touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	$(PIP) --editable '.[docs]'
	@touch $@

clean:
	rm -rf $(VENV)
