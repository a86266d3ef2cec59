#!/usr/bin/env bash
# Runs a whole ceremony for the circuit with snarkjs, on this machine alone, and imports the key it ends with.
#
#   scripts/ceremony/run.sh DIR CIRCUIT.r1cs [--phase1 FILE --blake2b HEX] [--contributions N] [--beacon HEX]
#
# Writes to DIR: circuit_0000.zkey (nobody's contribution yet), one .zkey a contribution, circuit_final.zkey after the
# beacon, and crs/ as `poa crs import-zkey` makes it. Without --phase1 it makes a phase 1 of power 14 first, with one
# contribution (DIR/phase1.ptau, which the manifest pins, and DIR/phase1_prepared.ptau, which snarkjs needs; about eight
# minutes); with it, the file's BLAKE2b-512 must be the one given, and it must be prepared.
# The default is three contributions, each a process of its own that draws from the operating system and ends.
#
# The key is for development: whoever runs this is the only party, and could have kept what the processes drew. A beacon
# that is not given is drawn here, after the last contribution, which shows nothing to anybody else. A ceremony with
# outside contributors uses the same commands one by one: docs/ceremony.md.
#
# `poa crs export-r1cs` writes the circuit. POA names the `poa` to import with; otherwise it is built. Needs node >= 20,
# npm and access to an npm registry.
set -euo pipefail

usage() {
  sed -n '4s/^# *//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

phase1='' digest='' contributions=3 beacon=''
[[ $# -ge 2 && -f $2 ]] || usage
directory=$1 circuit=$(realpath "$2")
shift 2
while [[ $# -gt 0 ]]; do
  [[ $# -ge 2 ]] || usage
  case $1 in
    --phase1) phase1=$(realpath "$2") ;;
    --blake2b) digest=${2,,} ;;
    --contributions) contributions=$2 ;;
    --beacon) beacon=${2,,} ;;
    *) usage ;;
  esac
  shift 2
done
[[ -z $phase1 || $digest =~ ^[0-9a-f]{128}$ ]] || { echo "--phase1 needs --blake2b, 128 hex digits" >&2; exit 2; }
[[ $contributions =~ ^[1-9][0-9]?$ ]] || { echo "--contributions takes 1 to 99" >&2; exit 2; }
[[ -z $beacon || $beacon =~ ^([0-9a-f]{2}){1,255}$ ]] || { echo "--beacon takes 1 to 255 bytes in hex" >&2; exit 2; }

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "$directory"
cd "$directory"
if compgen -G "*.zkey" >/dev/null || [[ -e crs ]]; then
  echo "$directory holds a ceremony already: name another directory" >&2
  exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files=$repository/scripts/snarkjs
cp "$files/package.json" "$files/package-lock.json" "$files/.npmrc" "$work/"
(cd "$work" && npm ci --ignore-scripts --loglevel=error) || exit 2
snarkjs() { node "$work/node_modules/snarkjs/build/cli.cjs" "$@"; }
random_hex() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }
# By standard input, so that it stands in no list of processes; snarkjs mixes in randomness of its own.
contribute() { echo "$(random_hex 64)" | snarkjs "$@"; }

if [[ -n $phase1 ]]; then
  found=$(b2sum "$phase1" | cut -d ' ' -f 1)
  [[ $found == "$digest" ]] || { echo "$phase1 has the BLAKE2b-512 $found, expected $digest" >&2; exit 1; }
  prepared=$phase1
else
  phase1=$PWD/phase1.ptau prepared=$PWD/phase1_prepared.ptau
  snarkjs powersoftau new bn128 14 "$work/0.ptau"
  contribute powersoftau contribute "$work/0.ptau" "$phase1" --name="one party, for development"
  snarkjs powersoftau prepare phase2 "$phase1" "$prepared"
fi

snarkjs groth16 setup "$circuit" "$prepared" circuit_0000.zkey
last=circuit_0000.zkey
for ((i = 1; i <= contributions; i++)); do
  next=$(printf 'circuit_%04d.zkey' "$i")
  contribute zkey contribute "$last" "$next" --name="one party, for development, $i of $contributions"
  last=$next
done
snarkjs zkey beacon "$last" circuit_final.zkey "${beacon:-$(random_hex 32)}" 10 --name="beacon"
snarkjs zkey verify "$circuit" "$prepared" circuit_final.zkey

if [[ -z ${POA:-} ]]; then
  cargo build --release --quiet --manifest-path "$repository/Cargo.toml"
  POA=${CARGO_TARGET_DIR:-$repository/target}/release/poa
fi
"$POA" crs import-zkey circuit_final.zkey --ptau "$phase1" --out crs
