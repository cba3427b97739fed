# Everything starts from a fresh clone: `make demo` to see it, `make test` to check it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NPM := tools/npm
BUNDLE := flet_jupyter/client/static/engine.js
LABEXTENSION := labextension/dist/package.json
INSTALLED := $(VENV)/share/jupyter/labextensions/flet-jupyter
# What is installed through the link would be among the sources of the next wheel.
UNLINK := if [ -L $(INSTALLED) ]; then rm $(INSTALLED); fi
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
PACKAGING := pyproject.toml hatch_build.py $(wildcard jupyter_config/*/*)

.PHONY: demo test fuzz bench lint format browser wheel clean

demo: $(VENV)/.lab $(VENV)/.labextension
	tools/demo $(BIN)/jupyter

test: $(VENV)/.dev $(VENV)/.labextension $(VENV)/.browser $(VENV)/.nginx $(VENV)/.pyodide lint
	$(NPM) client_assets test
	$(BIN)/python -m pytest -m "not browser" tests $(NOTEBOOKS) --nbval-lax --nbval-current-env
# In a process of their own: Playwright keeps an event loop running in the thread of the tests.
	$(BIN)/python -m pytest -m browser tests

lint: $(VENV)/.dev $(BUNDLE) $(LABEXTENSION)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(NPM) client_assets run check
	$(NPM) labextension run check

format: $(VENV)/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

fuzz: $(VENV)/.dev
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest tests/core/test_equivalence.py -s --timeout=0

bench: $(VENV)/.dev $(VENV)/.labextension $(VENV)/.browser $(BUNDLE)
	$(BIN)/python -m tests.bench

wheel: $(VENV)/.dev $(BUNDLE) $(LABEXTENSION)
	$(BIN)/python -m build

clean:
	rm -rf dist build client_assets/node_modules flet_jupyter/client/static
	rm -rf labextension/node_modules labextension/lib labextension/dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache test-results

# What follows is done once; a file remembers it.

$(VENV)/.made:
	$(PYTHON) -m venv $(VENV)
	touch $@

# An editable install also puts the file that enables the server extension into the environment.
$(VENV)/.lab: $(VENV)/.made $(PACKAGING)
	$(UNLINK)
	$(BIN)/python -m pip install --quiet --editable '.[lab]'
	touch $@

$(VENV)/.dev: $(VENV)/.made $(PACKAGING)
	$(UNLINK)
	$(BIN)/python -m pip install --quiet --editable '.[dev,bench]'
	touch $@ $(VENV)/.lab

$(VENV)/.browser: $(VENV)/.dev
	tools/get-browser $(BIN)/playwright
	touch $@

$(VENV)/.nginx: $(VENV)/.made
	tools/get-nginx $(VENV)/nginx
	touch $@

$(VENV)/.pyodide: $(VENV)/.dev tools/get_pyodide.py
	$(BIN)/python tools/get_pyodide.py $(VENV)/pyodide
	touch $@

# The installed copy would be out of date after the next build; the link never is.
$(VENV)/.labextension: $(LABEXTENSION) $(VENV)/.lab
	rm -rf $(INSTALLED)
	ln -s $(CURDIR)/labextension/dist $(INSTALLED)
	touch $@

$(BUNDLE): $(filter-out client_assets/node_modules,$(wildcard client_assets/*.* client_assets/src/* client_assets/src/*/*)) | $(VENV)/.made
	$(NPM) client_assets ci --no-audit --no-fund
	$(NPM) client_assets run build
	touch $@

# The bundle has modules of the other.
$(LABEXTENSION): $(wildcard labextension/*.* labextension/src/* labextension/schema/* labextension/style/* client_assets/src/*) | $(BUNDLE)
	$(NPM) labextension ci --no-audit --no-fund
	$(NPM) labextension run build
	touch $@
