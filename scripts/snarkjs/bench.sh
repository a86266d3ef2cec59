#!/usr/bin/env bash
# Times snarkjs, rapidsnark where its `prover` is on PATH, and this repository's engine, in turns, on one circuit
# with one key of the same shape.
#
#   scripts/snarkjs/bench.sh KEY.zkey [ROUNDS]
#
# KEY.zkey is a key that snarkjs made for the circuit: scripts/ceremony/run.sh writes one. All sides may use
# all cores; each starts from a witness and ends with a proof (ours also checks the statement, derives the witness and
# verifies). rapidsnark is timed as a whole process. Prints medians with quartiles.
#
# Needs node >= 20, npm and access to an npm registry.
set -euo pipefail

if [[ $# -lt 1 || ! -f $1 ]]; then
  echo "usage: $0 KEY.zkey [ROUNDS]" >&2
  exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
key=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$here/bench.mjs" "$work/"
(cd "$work" && npm ci --ignore-scripts --loglevel=error) || exit 2
cd "$here/../.."
cargo build --release --quiet
poa=${CARGO_TARGET_DIR:-target}/release/poa
"$poa" crs export-r1cs --out "$work" --witness >&2
node "$work/bench.mjs" "$poa" "$key" "$work/sample.wtns" "${2:-15}"
