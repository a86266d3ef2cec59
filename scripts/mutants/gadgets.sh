#!/usr/bin/env bash
# gadgets.sh [REGEX]: makes the gadgets and clauses of that name weaker one by one, as gadgets.txt says, in a copy of the sources, and
# runs the soundness tests on each. Prints which test noticed; exits 1 if one did not fail.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

filter=${1:-}
table=$PWD/scripts/mutants/gadgets.txt
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | grep -zv '^test-vectors/' | xargs -0 cp --parents -t "$copy"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}

run_tests() {
  # The workspace's selection of features, so that nothing but the circuit is compiled again, and that without
  # optimisation, which is what takes the time. Left out: tests that pin numbers, and those of the checks themselves.
  (cd "$copy" && RUST_BACKTRACE=0 cargo test --config 'profile.dev.package.poa-circuits.opt-level=0' --workspace \
    --test soundness -- --skip documented --skip mutation --skip program 2>&1)
}

# Puts the sources back as they were, with a new time, so that cargo sees it.
restore() {
  cp "circuits/src/$1" "$copy/circuits/src/$1"
}

echo "unchanged"
run_tests >"$copy/log" || { tail -40 "$copy/log"; exit 2; }

total=0 survivors=()
while IFS='|' read -r name file change; do
  name=${name% } file=${file// /}
  [[ $name =~ $filter ]] || continue
  perl -0pi -e "$change" "$copy/circuits/src/$file"
  if cmp -s "circuits/src/$file" "$copy/circuits/src/$file"; then
    echo "'$name' changes nothing in $file" >&2
    exit 2
  fi
  total=$((total + 1))
  if run_tests >"$copy/log"; then
    survivors+=("$name")
    echo "SURVIVES  $name"
  elif grep -q '^error' "$copy/log" && ! grep -q '^test result: FAILED' "$copy/log"; then
    echo "'$name' does not compile:" >&2
    grep -A 12 '^error' "$copy/log" >&2
    exit 2
  else
    noticed=$(grep -c '^test .*FAILED$' "$copy/log")
    echo "noticed   $name: $noticed tests, first $(grep -m1 '^test .*FAILED$' "$copy/log" | cut -d' ' -f2)"
  fi
  restore "$file"
done < <(grep -v -e '^#' -e '^$' "$table")

echo "$total mutants, ${#survivors[@]} survive"
[[ ${#survivors[@]} -eq 0 ]]
