#!/usr/bin/env bash
# Has other people's software verify what the running service issues.
#
#   scripts/interop/live.sh [POA]
#
# POA is the `poa` binary; without it one is built (cargo build --release). It serves on a
# loopback port, with its data in a temporary directory. @digitalbazaar/vc verifies a
# credential and its status with eddsa-jcs-2022, jsonld takes every document in safe mode with
# contexts from packages, which are the pinned ones, jose verifies the enveloped forms, @sd-jwt/jwt-status-list reads the token status list;
# all refuse what was tampered with or revoked. Exit 0 when all was as it should be, 1 when
# something was not, 2 when it could not be checked.
#
# Needs node >= 20, npm, and access to an npm registry.
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
cp "$here"/{package.json,package-lock.json,.npmrc,live.mjs,contexts.mjs} "$here/../agenthood/service.mjs" "$work/"
cd "$work"
npm ci --ignore-scripts --loglevel=error || exit 2
node live.mjs "$poa" "$work/data" "$here/../../verifier/contexts"
