#!/usr/bin/env bash
# Makes .venv hold exactly what the lock files say, and this checkout on top, editable.
#
#   ci/environment.sh runtime    what `perf` and the reference broker need
#   ci/environment.sh test       that, and what lint, types and tests need
#
# PYTHON names the interpreter (default python3), VENV the folder (default .venv). Nothing asks for root.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=${1:-}
python=${PYTHON:-python3}
venv=${VENV:-.venv}
locks=(requirements/build.txt requirements/runtime.txt)
fail() { echo "$0: $1" >&2; exit 1; }

case $wanted in
  runtime) ;;
  test) locks+=(requirements/test.txt) ;;
  *) fail "say what for, runtime or test, and not '$wanted'" ;;
esac

command -v "$python" >/dev/null || fail "$python was not found; install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  fail "$("$python" --version) is too old, Python 3.11 or newer is needed; name one: make PYTHON=/path/to/python3.12"

# A folder that an interrupted run left half-made is made again.
"$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || rm -rf "$venv"

if uv=$(command -v uv); then
  [ -d "$venv" ] || "$uv" venv --quiet --no-python-downloads --python "$(command -v "$python")" "$venv"
else
  if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    rm -rf "$venv"
    "$python" -m venv "$venv" || {
      rm -rf "$venv"
      fail "$python cannot make a virtual environment: install uv, or on Debian and Ubuntu the package python3-venv"
    }
  fi
  uv=$venv/bin/uv
  locks+=(requirements/uv.txt)  # or sync would take away the very uv that runs
  [ -x "$uv" ] || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt ||
    fail "uv could not be installed with pip; is a package index reachable?"
  # uv does not read pip's configuration: who has told pip of an index or of certificates means them for uv, too.
  pip_setting() { "$venv/bin/python" -m pip config get "global.$1" 2>/dev/null || true; }
  index=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$(pip_setting index-url)}}
  certificates=${SSL_CERT_FILE:-${PIP_CERT:-$(pip_setting cert)}}
  [ -z "$index" ] || export UV_DEFAULT_INDEX=$index
  if [ -n "$certificates" ]; then
    export SSL_CERT_FILE=$certificates
  elif [ -n "$("$python" -c 'import ssl; print(ssl.get_default_verify_paths().cafile or "")')" ]; then
    export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true} # as pip, which trusts what the system trusts
  fi
fi
export VIRTUAL_ENV=$PWD/$venv
case $venv in /*) VIRTUAL_ENV=$venv ;; esac

# Back ends first and from a lock of their own: a package that exists as source only is then built with them, and
# no build fetches what is not locked.
"$uv" pip install --quiet --require-hashes -r requirements/build.txt
"$uv" pip sync --quiet --require-hashes --no-build-isolation "${locks[@]}"
"$uv" pip install --quiet --no-deps --no-build-isolation --editable .
