// Field elements: BN254's scalar field, its wire form, and the values the vectors use.

import { createHash } from "node:crypto";

/** Order of BN254's scalar field, which is BabyJubJub's base field. */
export const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Any 256-bit number as `0x` and 64 lower-case hex digits, big-endian. Does not reduce. */
export function hex(x) {
  if (typeof x !== "bigint" || x < 0n || x >> 256n) throw new Error(`not a 256-bit number: ${x}`);
  return "0x" + x.toString(16).padStart(64, "0");
}

/** A point as its two coordinates in wire form. */
export const hexPoint = ([x, y]) => [hex(x), hex(y)];

/** A number nobody chose: SHA-256("poa test vector/<label>/<index>") mod r. */
export function spread(label, index) {
  const digest = createHash("sha256").update(`poa test vector/${label}/${index}`).digest("hex");
  return BigInt("0x" + digest) % R;
}

/** Throws unless every implementation gave the same answer. */
export function agree(what, answers) {
  const [[first, expected], ...rest] = Object.entries(answers);
  for (const [name, answer] of rest) {
    if (String(answer) !== String(expected)) {
      throw new Error(`${what}: ${first} says ${expected}, ${name} says ${answer}`);
    }
  }
  return expected;
}
