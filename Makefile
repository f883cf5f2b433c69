# `make run` and `make test` set up all they need; the other targets build on the same environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.run-installed
DEV_STAMP := $(VENV)/.dev-installed
CLUSTER_STAMP := $(VENV)/.cluster-installed
BENCH := .venv-bench
BENCH_STAMP := $(BENCH)/.installed

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help env run test test-long check kernels fuzz bench programs sick-logs load load-cluster format screenshots mnist papers clean

help: ## Say what each target does
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

env: $(DEV_STAMP) ## Install what the tests and checks need

run: $(RUN_STAMP) ## Open the dashboard in the browser
	$(BIN)/python -m streamlit run dashboard.py

# In small portions: one worker has the tests in a browser, the others help when they are done
# (tests/scheduling.py).
test: $(DEV_STAMP) ## Run all tests, also those in a browser
	@$(BIN)/python scripts/ensure_browser.py
	$(BIN)/python -m pytest -n 2 --maxschedchunk=2

test-long: $(CLUSTER_STAMP) ## Run the tests that go through much more of the same
	$(BIN)/python -m pytest -n 2 --maxschedchunk=2 -m long

check: $(DEV_STAMP) ## Check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

kernels: $(DEV_STAMP) ## Compile the fast engine ahead (a minute of one processor)
	@nice $(BIN)/python -m nnlib.warm float64

fuzz: $(DEV_STAMP) ## Read 20,000 damaged files (about 3 minutes)
	$(BIN)/python scripts/fuzz_csv.py 20000

bench: $(BENCH_STAMP) ## Measure nnlib against other libraries (a quarter of an hour)
	@$(BIN)/python scripts/ensure_browser.py || true # without one, the report says so
	$(BENCH)/bin/python -m benchmarks

programs: $(BENCH_STAMP) ## Compare runs with their programs in PyTorch and Keras
	KERAS_BACKEND=torch $(BENCH)/bin/python scripts/check_programs.py

sick-logs: $(BENCH_STAMP) ## Log sick networks in PyTorch and Keras with the snippets, and time them
	$(BENCH)/bin/python snippets/sick_runs.py --time

load: $(RUN_STAMP) ## Measure how many people one server carries (about 10 minutes)
	$(BIN)/python -m load

load-cluster: $(RUN_STAMP) ## Try two processes behind nginx, and kill one of them (a minute)
	$(BIN)/python -m load.cluster

format: $(DEV_STAMP) ## Format the code and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: $(DEV_STAMP) ## Take the pictures in the README again
	@$(BIN)/python scripts/ensure_browser.py
	@mkdir -p docs
	SCREENSHOTS=docs $(BIN)/python -m pytest -q -k looks_right

mnist: $(DEV_STAMP) ## Build the bundled digits again
	$(BIN)/python scripts/build_mnist.py

papers: $(RUN_STAMP) ## Rerun all published results over three seeds (about 5 minutes)
	$(BIN)/python -m nnlib.papers docs/papers.md

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

$(CLUSTER_STAMP): $(DEV_STAMP) requirements-cluster.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-cluster.txt
	@touch $@

# Line by line: a peer that cannot be installed must not keep the others out; the report says so.
$(BENCH_STAMP): $(DEV_STAMP) requirements.txt requirements-bench.txt
	@$(PYTHON) -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@grep -v '^#' requirements-bench.txt | while read -r peer; do \
	  $(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check "$$peer" \
	    || echo "Not installable: $$peer"; done
	@touch $@
