// Poseidon with 1 to 12 inputs: circomlibjs' three implementations and poseidon-lite must agree.

import { buildPoseidon, buildPoseidonOpt, buildPoseidonReference } from "circomlibjs";
import * as lite from "poseidon-lite";
import { R, agree, hex, spread } from "./field.mjs";

const MAX_INPUTS = 12;
const SPREAD_CASES = 4;

/** Input lists of one arity: the edges of the field, the positions, and numbers nobody chose. */
function inputLists(arity) {
  const all = (value) => Array.from({ length: arity }, () => value);
  const lists = [
    ["zeros", all(0n)],
    ["ones", all(1n)],
    ["greatest element everywhere", all(R - 1n)],
    ["position numbers 1, 2, 3", all(0n).map((_, i) => BigInt(i + 1))],
    ["powers of two near 2^64", all(0n).map((_, i) => (1n << 64n) - BigInt(i))],
  ];
  for (let i = 0; i < arity; i += 1) {
    lists.push([`one at position ${i} alone`, all(0n).map((_, j) => (i === j ? 1n : 0n))]);
  }
  for (let n = 0; n < SPREAD_CASES; n += 1) {
    lists.push([`spread ${n}`, all(0n).map((_, i) => spread(`poseidon/${arity}/${n}`, i))]);
  }
  // With one input the ones, the positions and the single one coincide.
  const seen = new Set();
  return lists.filter(([, inputs]) => !seen.has(String(inputs)) && seen.add(String(inputs)));
}

export async function poseidonSets() {
  const circomlib = {
    wasm: await buildPoseidon(),
    reference: await buildPoseidonReference(),
    optimised: await buildPoseidonOpt(),
  };
  const hash = (inputs) => {
    const answers = { "poseidon-lite": lite[`poseidon${inputs.length}`](inputs) };
    for (const [name, poseidon] of Object.entries(circomlib)) {
      answers[`circomlibjs ${name}`] = poseidon.F.toObject(poseidon(inputs));
    }
    return agree(`poseidon of ${inputs}`, answers);
  };
  return Array.from({ length: MAX_INPUTS }, (_, i) => i + 1).map((arity) => ({
    path: `poseidon/h_${String(arity).padStart(2, "0")}.json`,
    schema: "poseidon-vector.v1",
    packages: ["circomlibjs", "poseidon-lite"],
    comment: `circomlib's Poseidon with ${arity} inputs (width ${arity + 1}), as H_${arity} in docs/protocol.md`,
    fields: { inputs: arity },
    cases: inputLists(arity).map(([name, inputs]) => ({
      name,
      inputs: inputs.map(hex),
      output: hex(hash(inputs)),
    })),
  }));
}
