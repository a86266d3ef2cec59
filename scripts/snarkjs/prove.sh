#!/usr/bin/env bash
# Both ways: snarkjs proves under the committed key and `poa` verifies; `poa` proved and snarkjs verifies.
#
#   scripts/snarkjs/prove.sh [POA [DIR]]
#
# POA is the `poa` binary; without it one is built (cargo build --release). Key, circuit and a witness are what `poa crs export`
# and `poa crs export-r1cs` write; snarkjs must find the witness good, the verifying key in the proving key, and make a proof
# from them that both sides accept and refuse with any one input raised by one. The proof is kept in DIR/by-snarkjs.
# Then snarkjs verifies the proofs in test-vectors/snarkjs. Exit 0 when all is so, 1 when not, 2 when it could not be checked.
#
# Needs node >= 20, npm and access to an npm registry.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
if [[ $# -ge 1 ]]; then
  poa=$(realpath "$1")
else
  (cd "$repository" && cargo build --release) || exit 2
  poa=${CARGO_TARGET_DIR:-$repository/target}/release/poa
fi
[[ -x $poa ]] || { echo "$poa: no executable" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kept=${2:-$work/kept}
cp "$here"/{package.json,package-lock.json,.npmrc,prove.mjs,verify.mjs} "$work/"
(cd "$work" && npm ci --ignore-scripts --loglevel=error) || exit 2
"$poa" crs export --snarkjs "$work/key" --zkey "$work/key/proving.zkey" || exit 2
"$poa" crs export-r1cs --out "$work/key" --witness || exit 2
node "$work/prove.mjs" "$poa" "$work/key" "$kept/by-snarkjs"
node "$work/verify.mjs" "$repository/test-vectors/snarkjs"
