PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AWS := $(VENV)/aws
PIP_FLAGS := --quiet --disable-pip-version-check --constraint constraints.txt
NEW_ENOUGH := import sys; sys.version_info < (3, 11) and sys.exit("Python 3.11 or newer is needed, and this is %d.%d: make setup PYTHON=python3.12" % sys.version_info[:2])

.PHONY: setup demo test test-postgres test-browser attack check bench fanout tables format clean

setup: $(VENV)/.ready $(AWS)/.ready

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c '$(NEW_ENOUGH)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install $(PIP_FLAGS) --editable '.[dev]'
	touch $@

# In an environment of its own: an activated .venv must not put this aws before a newer one of yours.
$(AWS)/.ready: constraints.txt | $(VENV)/.ready
	$(PYTHON) -m venv $(AWS)
	$(AWS)/bin/pip install $(PIP_FLAGS) awscli
	touch $@

demo: setup
	$(BIN)/python examples/pipeline/demo.py

test: setup
	$(BIN)/python -m pytest -n auto --dist loadfile
	TEST_STORE=postgresql $(BIN)/python -m pytest -n auto --dist loadfile tests/service/s3/test_s3_notifications.py \
		tests/service/sqs/test_sqs_messages.py tests/service/lambda/test_lambda_async.py \
		tests/service/lambda/test_lambda_store_fails.py

# Everything with every server in a process of the tests on PostgreSQL.
test-postgres: setup
	TEST_STORE=postgresql $(BIN)/python -m pytest -n auto --dist loadfile

# A real Chromium with a page of another origin. Debian's is installed when root has none; npm is needed for the SDK.
test-browser: setup
	-command -v chromium || test "$$(id -u)" != 0 || (apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium)
	$(BIN)/python -m pytest -m browser -rs tests/browser

# Kills, failing disks, clocks that are set, hostile functions: docs/reliability.md; and much data. Needs gcc and Linux.
attack: setup
	$(BIN)/python -m tests.attack
	HEAVY_SCALE=1 $(BIN)/python -m pytest -s tests/attack/heavy
	$(BIN)/python -m pytest -n auto --dist loadfile tests/attack tests/faults tests/crash

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# `make bench fanout`, `make bench tables`: only that.
bench: setup
	$(BIN)/python -m bench $(filter fanout tables,$(MAKECMDGOALS))

fanout tables: bench

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .bench .browser build dist
