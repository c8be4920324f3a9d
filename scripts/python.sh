#!/bin/sh
# Print the newest Python on PATH that the service runs on: 3.11 or later, able to make venvs.
#
# Usage: scripts/python.sh
set -eu

fits='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
  found=$(command -v "$name") || continue
  if "$found" -c "$fits" >/dev/null 2>&1; then
    echo "$found"
    exit 0
  fi
done
echo "Cannot start: no Python 3.11 or later with its venv module was found" \
  "(on Debian: apt install python3 python3-venv)." >&2
exit 2
