#!/usr/bin/env bash
# Makes proofs in every way this repository has (stock prover, engine with both sizes of tables,
# prepared, prepared and stored) and verifies them with snarkjs.
#
#   scripts/snarkjs/paths.sh [KEY.zkey]
#
# Under the development key, or under a key made by snarkjs (see scripts/ceremony).
# Exit status as for verify.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
which=()
if [[ $# -gt 0 ]]; then
  POA_ZKEY=$(realpath "$1")
  export POA_ZKEY
  which=(--ignored)
fi
cd "$here/../.."
POA_EXPORT="$work" cargo test --workspace --test paths -- "${which[@]}" || exit 2
"$here/verify.sh" "$work"
