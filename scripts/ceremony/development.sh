#!/usr/bin/env bash
# Makes a snarkjs key for the circuit by the steps of a real ceremony, with this machine as its only party.
#
#   scripts/ceremony/development.sh DIR CIRCUIT.r1cs
#
# Writes to DIR: phase 1 of power 14 (pot14_final.ptau; kept when it is there already, so that a
# public file can be put in its place), circuit_0000.zkey, circuit_final.zkey after one contribution,
# and its verification_key.json. Takes about ten minutes, most of it phase 1, and 60 MB. Then every
# kind of proof is made under the key and verified by snarkjs.
#
# For development and for testing the reader of such keys: whoever ran this could forge proofs.
# `poa crs export --r1cs DIR` writes the circuit. Needs node >= 20, npm and access to an npm registry.
set -euo pipefail

if [[ $# -ne 2 || ! -f $2 ]]; then
  echo "usage: $0 DIR CIRCUIT.r1cs" >&2
  exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
snarkjs_files=$(cd "$(dirname "${BASH_SOURCE[0]}")/../snarkjs" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
circuit=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$snarkjs_files/package.json" "$snarkjs_files/package-lock.json" "$snarkjs_files/.npmrc" "$work/"
(cd "$work" && npm ci --ignore-scripts --loglevel=error) || exit 2
snarkjs() { node "$work/node_modules/snarkjs/build/cli.cjs" "$@"; }
entropy() { head -c 64 /dev/urandom | base64 -w0; }

cd "$out"
if [[ ! -f pot14_final.ptau ]]; then
  snarkjs powersoftau new bn128 14 "$work/0.ptau"
  snarkjs powersoftau contribute "$work/0.ptau" "$work/1.ptau" --name=development -e="$(entropy)"
  snarkjs powersoftau prepare phase2 "$work/1.ptau" pot14_final.ptau
fi
snarkjs groth16 setup "$circuit" pot14_final.ptau circuit_0000.zkey
snarkjs zkey contribute circuit_0000.zkey circuit_final.zkey --name=development -e="$(entropy)"
snarkjs zkey export verificationkey circuit_final.zkey verification_key.json

"$here/../snarkjs/paths.sh" circuit_final.zkey
