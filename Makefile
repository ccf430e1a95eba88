# Needs python3 (3.11 or newer) and make; everything else is installed into .venv.
PYTHON ?= python3
PORT ?= 8000
DATA ?= ./instance
# Workers of the test run; a browser and a database server run beside them.
JOBS ?= 2

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# A stamp stands for "what this lock and this pyproject.toml ask for is installed".
RUN := .venv/.installed-run
DEV := .venv/.installed-dev
SOURCES := $(wildcard booking/translations/*/LC_MESSAGES/messages.po)
COMPILED := $(SOURCES:.po=.mo)

.PHONY: help install demo test lint types suite prove bench wheel translations lock clean
.DEFAULT_GOAL := help

help: ## Say what can be made.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUN) $(COMPILED) ## Try it: http://127.0.0.1:8000 with made-up data (PORT=, DATA=).
	@$(BIN)/yhteistila demo --port $(PORT) --data $(DATA)

install: $(DEV) $(COMPILED) ## Build .venv with everything a developer needs.

test: lint types suite ## Everything: lint, types, and all tests on both databases, in a browser, from the wheel.

lint: $(DEV) ## Style of code and templates.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --quiet --lint templates

types: $(DEV) ## mypy --strict.
	$(BIN)/mypy

suite: $(DEV) $(COMPILED) ## All tests; ARGS= goes to pytest.
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

prove: $(DEV) $(COMPILED) ## Full-size races and hostile API calls on both databases; takes its time (PROVE_ROUNDS=500).
	PROVE=1 TEST_POSTGRES_DURABLE=1 $(BIN)/python -m pytest --timeout 5000 $(ARGS) tests/prove tests/web/api/test_schemathesis.py

bench: $(DEV) $(COMPILED) ## Measure, beside the floor of the same run.
	$(BIN)/python -m tests.bench $(ARGS)

wheel: $(DEV) ## Build the wheel into dist/.
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

translations: $(DEV) ## Collect the texts of code and templates, and update fi, sv and en with them.
	@mkdir -p build
	@$(BIN)/pybabel --quiet extract --mapping-file babel.cfg --sort-by-file --no-location \
		--output-file build/messages.pot booking templates
	@for language in fi sv en; do \
		$(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --width 100 \
			--ignore-pot-creation-date --domain messages --input-file build/messages.pot \
			--output-dir booking/translations --locale $$language || exit 1; \
	done
	@$(BIN)/python hatch_build.py

LOCK := --quiet --universal --generate-hashes --no-emit-index-url --no-header $(UPGRADE)
UV ?= $(BIN)/uv

lock: $(UV) ## Renew both lock files (keeps what still fits; UPGRADE=--upgrade takes the newest).
	$(UV) pip compile $(LOCK) --extra postgres --extra build pyproject.toml -o requirements.txt
	$(UV) pip compile $(LOCK) --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

$(BIN)/uv: | $(RUN)
	@$(PIP) install uv

clean: ## Remove what was built; .venv and the demo's data stay.
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis $(COMPILED)
	find booking calendars migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The run-time lock is part of the other one, so a developer's .venv serves the demo too.
$(RUN): requirements.txt pyproject.toml hatch_build.py
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -e $(DEV) || echo "Installing into .venv; the first time this takes a minute."
	@$(PIP) install --no-deps --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.txt $(RUN)
	@echo "Installing the tools of development into .venv."
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

%.mo: %.po hatch_build.py | $(RUN)
	@$(BIN)/python hatch_build.py
