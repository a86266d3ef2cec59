#!/usr/bin/env bash
# Compiles the contract that `poa` exports with solc and runs it in an EVM.
#
#   scripts/evm/run.sh [POA] [DIR...]
#
# POA is the `poa` binary; without it one is built (cargo build --release). A DIR holds a snarkjs proof under the committed
# key; proofs in test-vectors/snarkjs/ are always taken. Each must be accepted, and calldata changed in every way of cases.mjs
# refused for the reason expected, by the contract and by `poa crs verify-proof` alike. Gate.sol, an example of a calling
# contract, must let in whom it should. Prints what a proof costs in gas, and fails above a bound. Exit 0 when all is so, 1
# when not, 2 when it could not be checked.
#
# Needs node >= 20, npm and access to an npm registry.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
if [[ $# -ge 1 ]]; then
  poa=$(realpath "$1")
  shift
else
  (cd "$repository" && cargo build --release) || exit 2
  poa=${CARGO_TARGET_DIR:-$repository/target}/release/poa
fi
[[ -x $poa ]] || { echo "$poa: no executable" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/{package.json,package-lock.json,.npmrc,*.mjs,Gate.sol} "$work/"
(cd "$work" && npm ci --ignore-scripts --loglevel=error) || exit 2
"$poa" crs export --snarkjs "$work/run" --zkey "$work/run/proving.zkey" --solidity "$work/run/PoaVerifier.sol" || exit 2
"$poa" crs export-r1cs --out "$work/run" --witness || exit 2
for proof in "$repository"/test-vectors/snarkjs/*/ "$@"; do
  "$poa" crs verify-proof "$proof" --calldata "$work/run/$(basename "$proof").hex" >"$work/inputs" || exit 1
done
cd "$work"
node run.mjs "$poa" run
