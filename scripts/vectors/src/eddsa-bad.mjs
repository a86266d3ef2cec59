// Bad signatures: one departure each from a good one, or made to satisfy the equation alone.

import { BASE8, GENERATOR, IDENTITY, L, SMALL_ORDER, add, multiply } from "./curve.mjs";
import { R, spread } from "./field.mjs";
import { challenge, sign } from "./sign.mjs";

const scalar = spread("eddsa/bad", 0) % L;
const nonce = spread("eddsa/bad", 1) % L;
const message = spread("eddsa/bad", 2);
const good = sign({ scalar, message, nonce });
const negated = ([x, y]) => [R - x, y];
const plusR = ([x, y]) => [
  [x + R, y],
  [x, y + R],
];

/** S outside 0..l: each names the residue that verifies. */
const badScalars = () =>
  [1n, 2n, 7n].map((n) => ({ name: `S plus ${n} l`, reason: "s-not-reduced", ...good, s: good.s + n * L })).concat([
    { name: "S equal to l", reason: "s-not-reduced", ...good, s: L },
    { name: "S plus r", reason: "non-canonical", ...good, s: good.s + R },
    { name: "S zero", reason: "equation", ...good, s: 0n },
    { name: "S negated", reason: "equation", ...good, s: L - good.s },
    { name: "S plus one", reason: "equation", ...good, s: (good.s + 1n) % L },
  ]);

/** R of small order or off the curve. With R the identity the equation can be made to hold. */
function badR() {
  const small = SMALL_ORDER.map((r, i) => ({
    name: i === 0 ? "R the identity, equation satisfied" : `R the small-order point ${i}`,
    reason: i === 0 ? "r-identity" : "r-not-in-subgroup",
    ...sign({ scalar, message, nonce: 0n, r }),
  }));
  const shifted = [1, 4].map((i) => ({
    name: `R plus the small-order point ${i}`,
    reason: "r-not-in-subgroup",
    ...sign({ scalar, message, nonce, r: add(good.r, SMALL_ORDER[i]) }),
  }));
  const [x, y] = good.r;
  return [
    ...small,
    ...shifted,
    { name: "R off the curve", reason: "r-off-curve", ...good, r: [x, y + 1n] },
    { name: "R with coordinates swapped", reason: "r-off-curve", ...good, r: [y, x] },
    { name: "R the origin", reason: "r-off-curve", ...good, r: [0n, 0n] },
    { name: "R negated", reason: "equation", ...good, r: negated(good.r) },
    { name: "R of another nonce", reason: "equation", ...good, r: multiply(BASE8, nonce + 1n) },
    ...plusR(good.r).map((r, i) => ({ name: `R.${"xy"[i]} plus r`, reason: "non-canonical", ...good, r })),
  ];
}

/** Keys that let anyone sign, or that have a twin outside the subgroup. */
function badKeys() {
  const universal = SMALL_ORDER.map((key, i) => ({
    name: i === 0 ? "universal forgery under the identity key" : `universal forgery under the small-order key ${i}`,
    reason: i === 0 ? "key-identity" : "key-not-in-subgroup",
    ...sign({ scalar: 0n, message, nonce, key }),
  }));
  const twins = [1, 4].map((i) => ({
    name: `key plus the small-order point ${i}, equation satisfied`,
    reason: "key-not-in-subgroup",
    ...sign({ scalar, message, nonce, key: add(good.key, SMALL_ORDER[i]) }),
  }));
  const [x, y] = good.key;
  return [
    ...universal,
    ...twins,
    { name: "key the generator of the whole group", reason: "key-not-in-subgroup", ...good, key: GENERATOR },
    { name: "key off the curve", reason: "key-off-curve", ...good, key: [x, y + 1n] },
    { name: "key the origin", reason: "key-off-curve", ...good, key: [0n, 0n] },
    { name: "key negated", reason: "equation", ...good, key: negated(good.key) },
    { name: "key of another holder", reason: "equation", ...good, key: multiply(BASE8, scalar + 1n) },
    ...plusR(good.key).map((key, i) => ({ name: `K.${"xy"[i]} plus r`, reason: "non-canonical", ...good, key })),
    {
      name: "identity key with y plus r",
      reason: "non-canonical",
      ...sign({ scalar: 0n, message, nonce, key: IDENTITY }),
      key: [0n, 1n + R],
    },
  ];
}

/** A good signature of something else, or by another rule. */
function wrongStatement() {
  const other = spread("eddsa/bad", 3);
  const swapped = challenge(good.key, good.r, message);
  return [
    { name: "another message", reason: "equation", ...good, message: other },
    { name: "message plus one", reason: "equation", ...good, message: message + 1n },
    { name: "message zero", reason: "equation", ...good, message: 0n },
    { name: "message plus r", reason: "non-canonical", ...good, message: message + R },
    { name: "without the cofactor", reason: "equation", ...sign({ scalar, message, nonce, cofactor: 1n }) },
    { name: "challenge over K before R", reason: "equation", ...good, s: (nonce + 8n * swapped * scalar) % L },
    { name: "S of a signature of another message", reason: "equation", ...good, s: sign({ scalar, message: other, nonce }).s },
  ];
}

export const badSignatures = () => [...badScalars(), ...badR(), ...badKeys(), ...wrongStatement()];
