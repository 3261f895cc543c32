# make compare   the main job: v2.2.0 against itself with the altered group-commit worker
# make test      lint, types and tests
# Both create .venv first. Nothing asks for root.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements/runtime.txt requirements/test.txt requirements/build.txt
INSTALLED := $(VENV)/.installed

.PHONY: help compare test lint lock clean

help:
	@sed -n 's/^# //p' Makefile

compare: $(INSTALLED)
	@$(BIN)/perf compare v2.2.0 v2.2.0 --set-candidate wal.worker=altered; code=$$?; \
	if [ $$code -eq 1 ]; then \
	  echo "perf compare exited with 1: it found the regression, which is what this demonstration is to show."; \
	else \
	  echo "perf compare exited with $$code and not with 1: the regression of v2.2.7 was not shown (see above)." >&2; \
	  exit 1; \
	fi

test: lint
	$(BIN)/pytest

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Back ends come first and from their own lock, because a package that exists as source only is built with
# them; without isolation nothing is fetched that is not locked.
$(INSTALLED): $(LOCKS) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || command -v uv >/dev/null || $(BIN)/python -m pip install --quiet uv
	@UV=$$(test -x $(BIN)/uv && echo $(BIN)/uv || command -v uv); export VIRTUAL_ENV=$(CURDIR)/$(VENV); \
	$$UV pip install --quiet --require-hashes -r requirements/build.txt && \
	$$UV pip install --quiet --require-hashes --no-build-isolation -r requirements/runtime.txt -r requirements/test.txt && \
	$$UV pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The lock files name versions and hashes, and no index.
lock: $(INSTALLED)
	@UV=$$(test -x $(BIN)/uv && echo $(BIN)/uv || command -v uv); \
	compile="$$UV pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links"; \
	$$compile pyproject.toml -o requirements/runtime.txt && \
	$$compile --group build -o requirements/build.txt && \
	$$compile --group test -c requirements/runtime.txt -o requirements/test.txt

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache dist
