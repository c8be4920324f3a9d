#!/bin/sh
# Make .venv and install the pinned packages into it, only when their list has changed.
#
# Usage: scripts/install.sh run|test
set -eu
cd "$(dirname "$0")/.."

case ${1:-} in
  run) lists="-r requirements.txt" files="requirements.txt" ;;
  test) lists="-r requirements.txt -r requirements-dev.txt"
        files="requirements.txt requirements-dev.txt" ;;
  *) echo "Usage: scripts/install.sh run|test" >&2; exit 2 ;;
esac

if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
  python=$(scripts/python.sh)
  echo "Making .venv with $python ($("$python" -V))."
  "$python" -m venv --clear .venv
fi

stamp=.venv/installed-for-$1
wanted=$(cat $files | cksum)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
  echo "Installing the packages of $files; this takes up to a minute."
  # shellcheck disable=SC2086
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes $lists
  echo "$wanted" > "$stamp"
fi
