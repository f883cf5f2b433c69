# `make run` and `make test` set up all they need; the other targets build on the same environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.run-installed
DEV_STAMP := $(VENV)/.dev-installed
BENCH := .venv-bench
BENCH_STAMP := $(BENCH)/.installed

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check fuzz bench load format screenshots mnist clean

help: ## Say what each target does
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

run: $(RUN_STAMP) ## Open the dashboard in the browser
	$(BIN)/python -m streamlit run dashboard.py

# Two at a time, each with a server and a browser of its own.
test: $(DEV_STAMP) ## Run all tests, also those in a browser
	@$(BIN)/python scripts/ensure_browser.py
	$(BIN)/python -m pytest -n 2

check: $(DEV_STAMP) ## Check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

fuzz: $(DEV_STAMP) ## Read 20,000 damaged files (about 3 minutes)
	$(BIN)/python scripts/fuzz_csv.py 20000

bench: $(BENCH_STAMP) ## Measure nnlib against other libraries (about 5 minutes)
	@$(BIN)/python scripts/ensure_browser.py || true # without one, the report says so
	$(BENCH)/bin/python -m benchmarks

load: $(RUN_STAMP) ## Measure how many people one server carries (about 10 minutes)
	$(BIN)/python -m load

format: $(DEV_STAMP) ## Format the code and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: $(DEV_STAMP) ## Take the pictures in the README again
	@$(BIN)/python scripts/ensure_browser.py
	@mkdir -p docs
	SCREENSHOTS=docs $(BIN)/python -m pytest -q -k looks_right

mnist: $(DEV_STAMP) ## Build the bundled digits again
	$(BIN)/python scripts/build_mnist.py

clean: ## Remove the environment and all caches
	rm -rf $(VENV) $(BENCH) .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A half-made environment has no stamp and is made again.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "This needs Python 3.11 or newer, and '$(PYTHON)' is not one; name another: make PYTHON=python3.12 run"; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv module is missing; install it first: sudo apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(RUN_STAMP): $(VENV)/.made requirements.txt
	@echo "Installing what the dashboard needs (about a minute, only the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV_STAMP): $(VENV)/.made requirements.txt requirements-dev.txt
	@echo "Installing what the tests need (about a minute, only the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(RUN_STAMP)

# Line by line: a peer that cannot be installed must not keep the others out; the report says so.
$(BENCH_STAMP): $(DEV_STAMP) requirements.txt requirements-bench.txt
	@$(PYTHON) -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@grep -v '^#' requirements-bench.txt | while read -r peer; do \
	  $(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check "$$peer" \
	    || echo "Not installable: $$peer"; done
	@touch $@
