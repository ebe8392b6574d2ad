# One word per task. PYTHON=... chooses another Python (>= 3.11); nothing here needs root.
VENV := .venv
AWSCLI := .venv-awscli
LOCKER := .venv-lock
BIN := $(VENV)/bin
SETUP := PYTHON="$(PYTHON)" tests/tools/venv.sh
UV := uv==0.13.9

.PHONY: demo quick test check lint types layers pytest format bench prove fuzz mutants lock setup clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.ready
	@$(BIN)/deputize demo

# The checks, and the tests of what changed by git; within a minute.
quick: $(VENV)/.ready
	@$(BIN)/python tests/tools/quick.py

# -k: one run shows everything that is wrong.
test: setup
	@$(MAKE) --no-print-directory -k check pytest

check: lint types layers

lint: $(VENV)/.ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.ready
	@$(BIN)/mypy

layers: $(VENV)/.ready
	@$(BIN)/lint-imports --no-logo --no-cache

pytest: setup
	@DEPUTIZE_AWS_CLI="$(CURDIR)/$(AWSCLI)/bin/aws" $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal

format: $(VENV)/.ready
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.ready
	@$(BIN)/python tests/benchmarks/run.py --out out/bench.json

# The big seeded proofs, at most an hour on two cores; what was done before and still holds is not done again.
prove: $(VENV)/.ready
	@$(BIN)/python tests/prove/run.py

# 20,000 changed files, in minutes on one core; SEED=2 makes others.
fuzz: $(VENV)/.ready
	@$(BIN)/python tests/fuzz/run.py --seed $(or $(SEED),1)

mutants: $(VENV)/.ready
	@$(BIN)/python tests/mutants/run.py

setup: $(VENV)/.ready $(AWSCLI)/.ready

# The stamps keep a second run off the network.
$(VENV)/.ready: requirements/dev.lock pyproject.toml
	@$(SETUP) $(VENV) requirements/dev.lock .
	@touch $@

# The aws CLI pins old versions of libraries; it must not choose ours.
$(AWSCLI)/.ready: requirements/awscli.lock
	@$(SETUP) $(AWSCLI) requirements/awscli.lock
	@touch $@

# `make lock UPGRADE=--upgrade` moves to the newest versions; else only what pyproject.toml asks for changes.
COMPILE := $(LOCKER)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: \
	--no-emit-index-url --no-annotate --no-header $(UPGRADE)

lock: $(VENV)/.ready
	@$(BIN)/python -m venv $(LOCKER)
	@$(LOCKER)/bin/python -m pip install --disable-pip-version-check --quiet --only-binary :all: $(UV)
	@$(COMPILE) --extra local --extra postgres --group dev pyproject.toml --output-file requirements/dev.lock
	@$(COMPILE) requirements/awscli.in --output-file requirements/awscli.lock

clean:
	@rm -rf $(VENV) $(AWSCLI) $(LOCKER) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find out -mindepth 1 ! -name .gitignore -delete
	@find generator tests -name __pycache__ -type d -prune -exec rm -rf {} +
