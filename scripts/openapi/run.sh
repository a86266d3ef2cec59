#!/usr/bin/env bash
# Has schemathesis test a running service against the document it serves at /openapi.json, with all its checks, once as
# anybody and once as the operator.
#
#   scripts/openapi/run.sh [--fresh EXAMPLES] POA
#
# POA is the `poa` binary. It serves on a loopback port, with its data in a temporary directory. Without --fresh the
# seed is always the same and the examples are few, so that the run is short; with it the seed is new and said, and each
# operation gets so many examples. Exit 0 when nothing was found, 1 when something was, 2 when it could not be checked.
#
# Needs python3 with venv, and access to a Python package registry.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fresh=()
if [[ ${1-} == --fresh && $# -eq 3 ]]; then
  fresh=(--fresh "$2")
  shift 2
fi
[[ $# -eq 1 ]] || { echo "usage: $0 [--fresh EXAMPLES] POA" >&2; exit 2; }
poa=$(realpath "$1")
[[ -x $poa ]] || { echo "$poa: no executable" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/{run.py,hooks.py,schemathesis.toml,requirements.txt} "$work/"
cd "$work"
python3 -m venv "$work/python" || exit 2
"$work/python/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
  -r requirements.txt || exit 2
"$work/python/bin/python" run.py "${fresh[@]}" "$poa"
