#!/usr/bin/env bash
# Verifies proofs exported by `poa` with snarkjs, which shares no code with this repository.
#
#   scripts/snarkjs/verify.sh DIR
#
# DIR holds verification_key.json and, in DIR or in directories below it, pairs of
# public.json and proof.json. Each pair must verify, and must stop verifying when any
# one public input is increased by one. Exit 0 when so, 1 when not, 2 when it could
# not be checked.
#
# Needs node >= 20, npm and access to an npm registry.
set -euo pipefail

if [[ $# -ne 1 || ! -d $1 ]]; then
  echo "usage: $0 DIR" >&2
  exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
proofs=$(cd "$1" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$here/verify.mjs" "$work/"
(cd "$work" && npm ci --ignore-scripts --loglevel=error) || exit 2
node "$work/verify.mjs" "$proofs"
