#!/usr/bin/env bash
# Writes the lock files anew, with the newest versions that pyproject.toml allows: exact versions with hashes for
# every platform and every Python from 3.11 on, and no index address, so that they serve behind any index.
set -euo pipefail
cd "$(dirname "$0")/.."

uv=${VENV:-.venv}/bin/uv
[ -x "$uv" ] || uv=$(command -v uv) || { echo "$0: uv is missing; run make lint once, which gets it" >&2; exit 1; }

folder=requirements
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
# Each file is bound to what the ones before it chose, because they are installed together.
bound=()
lock() { # NAME SOURCE...
  local name=$1
  shift
  # The configuration of this machine's user must not decide what the project locks.
  "$uv" pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes --no-header \
    --no-annotate --no-emit-index-url --no-emit-find-links "${bound[@]}" -o "$new/$name.txt" "$@"
  bound+=(--constraint "$new/$name.txt")
}
lock build --group build
lock runtime pyproject.toml
lock test --group test
echo uv | lock uv -
mv "$new"/*.txt "$folder/"
