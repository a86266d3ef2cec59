#!/usr/bin/env bash
# Remakes the small ceremonies in test-vectors/ceremony with snarkjs, from the circuit that is there.
#
#   scripts/ceremony/vectors.sh
#
# Powers and contributions are drawn anew, so every file but circuit.r1cs changes; the tests hold for any.
# Needs node >= 20, npm and access to an npm registry.
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
vectors=$repository/test-vectors/ceremony
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files=$repository/scripts/snarkjs
cp "$files/package.json" "$files/package-lock.json" "$files/.npmrc" "$vectors/circuit.r1cs" "$work/"
cd "$work"
npm ci --ignore-scripts --loglevel=error
snarkjs() { node node_modules/snarkjs/build/cli.cjs "$@"; }
# snarkjs reads a line, and mixes in randomness of its own.
contribute() { echo "$(od -An -v -tx1 -N 64 /dev/urandom | tr -d ' \n')" | snarkjs "$@"; }

# Phase 1 of a power and its name.
phase1() {
  snarkjs powersoftau new bn128 "$1" 0.ptau
  contribute powersoftau contribute 0.ptau 1.ptau --name=vector
  snarkjs powersoftau prepare phase2 1.ptau "$2"
}

phase1 3 phase1.ptau
snarkjs groth16 setup circuit.r1cs phase1.ptau 0.zkey
contribute zkey contribute 0.zkey 1.zkey --name=first
contribute zkey contribute 1.zkey 2.zkey --name=second
snarkjs zkey beacon 2.zkey key.zkey 0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20 10 --name=beacon
snarkjs zkey verify circuit.r1cs phase1.ptau key.zkey

# Cut from a greater power, as public files are.
phase1 4 greater.ptau
snarkjs powersoftau truncate greater.ptau
mv greater_03.ptau phase1_cut.ptau
snarkjs groth16 setup circuit.r1cs phase1_cut.ptau 0.zkey
contribute zkey contribute 0.zkey key_cut.zkey --name=only
snarkjs zkey verify circuit.r1cs phase1_cut.ptau key_cut.zkey

mv phase1.ptau key.zkey phase1_cut.ptau key_cut.zkey "$vectors/"
