#!/usr/bin/env bash
# Remakes test-vectors/ with the npm packages pinned in package-lock.json.
#
#   scripts/vectors/regenerate.sh          rewrite test-vectors/
#   scripts/vectors/regenerate.sh --check  change nothing; exit 1 when a file would change
#
# Needs node >= 20, npm and access to an npm registry. Install scripts of the
# packages are not run. Output depends on nothing but the pinned packages.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
vectors=$(cd "$here/../../test-vectors" && pwd)
sets=(poseidon imt identity eddsa rdfc json-ld)

case "${1:-}" in
  "" | --check) mode=${1:-} ;;
  *)
    echo "usage: $0 [--check]" >&2
    exit 2
    ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$here/src" "$work/"
(cd "$work" && npm ci --ignore-scripts --loglevel=error)
node "$work/src/main.mjs" --schemas "$vectors/schema" --out "$work/out"

if [[ $mode == --check ]]; then
  for set in "${sets[@]}"; do
    diff -r "$vectors/$set" "$work/out/$set"
  done
  echo "test-vectors/ is what the pinned packages make"
else
  for set in "${sets[@]}"; do
    rm -rf "${vectors:?}/$set"
    cp -r "$work/out/$set" "$vectors/$set"
  done
  echo "rewrote ${sets[*]} under $vectors"
fi
