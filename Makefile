# make compare       the main job: v2.2.0 of the reference broker against v2.2.7, to an HTML report
# make test          lint, types and tests
# make lint          lint and types only
# make environment   what perf needs, and no more; perf is then in .venv/bin
# make lock          the newest versions into the lock files
# make clean         delete the environment and every cache
#
# All that need .venv create it, and bring it up to date when a lock file has changed. Nothing asks for root.
# Another interpreter: make PYTHON=python3.12 test

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements/build.txt requirements/runtime.txt requirements/test.txt requirements/uv.txt
DEPENDS := $(LOCKS) pyproject.toml ci/environment.sh
ENVIRONMENT = PYTHON="$(PYTHON)" VENV="$(VENV)" ci/environment.sh

# Tests start hundreds of processes. Where the environment forbids bytecode, each compiles all that it imports: seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help compare test lint environment lock clean
.DELETE_ON_ERROR:

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

# Exit code 1 is a regression found, the very thing that this demonstration is to show.
compare: $(VENV)/.runtime
	@$(BIN)/perf compare v2.2.0 v2.2.7; code=$$?; echo; case $$code in \
	  1) echo "perf compare exited with 1: v2.2.7 has regressed, which is what this demonstration is to show." ;; \
	  0) echo "perf compare exited with 0: it found no regression here, though v2.2.7 has one; that should not be." >&2; exit 1 ;; \
	  3) echo "perf compare exited with 3: this machine was too noisy to decide; see above for what it would take." >&2; exit 1 ;; \
	  130) echo "interrupted" >&2; exit 1 ;; \
	  *) echo "perf compare exited with $$code: nothing was decided; its own sentence above says why." >&2; exit 1 ;; \
	esac

# Most tests wait for most of their time, so two run at once; what wants a word on how fast a broker is comes after them.
test: lint
	@$(BIN)/pytest -n 2 --dist loadfile -m "not alone"; beside=$$?; $(BIN)/pytest -m alone && exit $$beside

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

environment: $(VENV)/.runtime

# What `make test` needs holds all that `make compare` needs, and not the other way round.
$(VENV)/.runtime: $(DEPENDS)
	@$(ENVIRONMENT) runtime
	@rm -f $(VENV)/.test
	@touch $@

$(VENV)/.test: $(DEPENDS)
	@$(ENVIRONMENT) test
	@touch $(VENV)/.runtime $@

lock: $(VENV)/.test
	@VENV="$(VENV)" ci/lock.sh

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache dist
	find broker chronik_perf tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
