#!/bin/sh
# Pin the chosen packages and all they need, with the hashes of their files.
#
# Usage: scripts/lock.sh [--upgrade]
# Needs the test packages (uv). Versions already pinned stay unless --upgrade is given.
set -eu
cd "$(dirname "$0")/.."

compile() { # compile NAME: NAME.in into NAME.txt
  name=$1
  shift
  .venv/bin/uv pip compile "$name.in" --output-file "$name.txt" --generate-hashes \
    --python-version 3.11 --universal --no-emit-index-url --no-header --quiet "$@"
}

compile requirements "$@"
compile requirements-dev "$@"
