# make demo   everything once: install, a small world, clusters, graph, report, gallery
# make test   everything tested, with fixed seeds
# make fuzz   the same tests with fresh seeds; a failure names the seed that repeats it
# make check  format, lint, types, layers, documents
# make docs   the reference pages under docs/reference
# make wheel  the package, in dist/
# make lock   requirements.lock anew

PYTHON ?= $(firstword $(foreach v,3.11 3.12 3.13,$(shell command -v python$(v))) python3)
BIN := .venv/bin
SEED := $(shell date +%s)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: demo test fuzz check docs wheel lock clean

demo: .venv/.installed
	$(BIN)/zeitgraph demo demo-trends
	@echo "(source $(BIN)/activate puts zeitgraph on the path)"

test: .venv/.tested
	$(BIN)/python -m pytest -n logical --dist worksteal

fuzz: .venv/.tested
	ZEITGRAPH_FUZZ=$(SEED) $(BIN)/python -m pytest -n logical --dist worksteal \
	  || { echo "To repeat it: make fuzz SEED=$(SEED)"; false; }

check: .venv/.tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_docs.py tests/test_packaging.py

# The reference pages under docs/reference, from the code.
docs: .venv/.tested
	$(BIN)/python docs/generate.py

wheel: .venv/.tested
	rm -rf build dist
	$(BIN)/python -m build --quiet --wheel

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml requirements.lock | .venv/bin/python
	$(BIN)/pip install --quiet --constraint requirements.lock --editable '.[demo]'
	touch $@

.venv/.tested: pyproject.toml requirements.lock | .venv/bin/python
	$(BIN)/pip install --quiet --constraint requirements.lock --editable '.[dev]'
	touch $@ .venv/.installed

# Exact versions of everything `make test` installs, from a fresh environment. The same versions
# have wheels for Python 3.11, 3.12 and 3.13.
lock:
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install --quiet torch==2.13.0 torchvision==0.28.0 --editable '.[dev]'
	.venv-lock/bin/pip freeze --all --exclude-editable --exclude pip | sed 's/+cpu$$//' > requirements.lock
	rm -rf .venv-lock

clean:
	rm -rf .venv build dist *.egg-info demo-trends
