#!/usr/bin/env bash
# Drives the running service as a published client would: wallets' own code signs, foreign code verifies.
#
#   scripts/agenthood/live.sh [POA]
#
# POA is the `poa` binary; without it one is built (cargo build --release). It serves on a
# loopback port, with its data in a temporary directory. Every scheme of @polkadot/keyring
# claims a document, jose and PyJWT verify it with keys[0] of the JWKS they fetch, and the
# controller revokes it. Exit 0 when all answers were as published, 1 when one was not,
# 2 when it could not be checked.
#
# Needs node >= 20, npm, python3 with venv, and access to an npm and a Python package registry.
set -euo pipefail

if [[ $# -gt 1 ]]; then
  echo "usage: $0 [POA]" >&2
  exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [[ $# -eq 1 ]]; then
  poa=$(realpath "$1")
else
  (cd "$here/../.." && cargo build --release -p poa) || exit 2
  poa=${CARGO_TARGET_DIR:-$here/../../target}/release/poa
fi
[[ -x $poa ]] || { echo "$poa: no executable" >&2; exit 2; }
node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' || { echo "needs node 20 or newer" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/{package.json,package-lock.json,.npmrc,live.mjs,service.mjs,verify.py,requirements.txt} "$work/"
cd "$work"
npm ci --ignore-scripts --loglevel=error || exit 2
python3 -m venv "$work/python" || exit 2
"$work/python/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
  -r requirements.txt || exit 2
node live.mjs "$poa" "$work/python/bin/python" "$work/data"
