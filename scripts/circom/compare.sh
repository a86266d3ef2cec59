#!/usr/bin/env bash
# Compares the circuit's verdicts with those of the statement's second implementation, soundness/circom.
#
#   scripts/circom/compare.sh COUNT [SEED] [--plant clauses|all]
#
# COUNT random claims, true and false in every way that is known to matter, are given to the exported constraints, to
# native code and to circom's program. All must accept, or all reject, and circom for a clause that the constraints find
# broken too. Without SEED one is drawn and printed. With --plant the second implementation is then changed, in one place
# of each clause or in all places that planted.mjs lists, one after another, and each change must be noticed. Exit 0 when
# so, 1 when not, 2 when it could not be compared.
#
# Needs cargo, node >= 20, npm and access to an npm registry. circom's compiler and circomlib are GPL: they are installed
# into a temporary directory for this test alone, and no part of them is in this repository or in what it builds.
set -euo pipefail

usage() {
  sed -n '4s/^# *//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

[[ ${1:-} =~ ^[1-9][0-9]*$ ]] || usage
count=$1 plant=none
shift
if [[ $# -gt 0 && $1 != --plant ]]; then
  [[ $1 =~ ^[0-9a-zA-Z]+$ ]] || usage
  seed=$1
  shift
else
  seed=$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
fi
if [[ $# -gt 0 ]]; then
  [[ $# -eq 2 && $1 == --plant && $2 =~ ^(clauses|all)$ ]] || usage
  plant=$2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/{package.json,package-lock.json,.npmrc,compare.mjs,planted.mjs} "$root/soundness/circom/statement.circom" "$work/"
(cd "$work" && npm ci --ignore-scripts --loglevel=error) || exit 2

echo "$count claims, seed $seed"
# The workspace's selection of features, for which the tests are built.
run_test() {
  (cd "$root" && cargo test --quiet --workspace --test soundness "$@")
}
run_test --no-run || exit 2
POA_SOUNDNESS_CASES=$count POA_SOUNDNESS_CASES_FILE=$work/cases POA_SOUNDNESS_SEED=$seed \
  run_test random_claims -- --nocapture || exit 1
node "$work/compare.mjs" "$plant" "$count" "$work/cases"
