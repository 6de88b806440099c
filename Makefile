# From a bare machine with Python 3.11 and make: everything else is installed into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: help reproduce test lint types unit clean

help:
	@echo "make reproduce   train eight networks on the two-step task, test, draw and report"
	@echo "make test        lint, types and tests"
	@echo "make clean       delete .venv (never your runs)"

reproduce: $(VENV)/.installed
	$(BIN)/prefrontal reproduce wang2018-two-step

test: lint types unit

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/basedpyright

unit: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV)
