// Proofs as calldata, and what can be done to their points by anybody.

import { randomBytes } from "node:crypto";
import { bn254 } from "@noble/curves/bn254.js";

const { G1, G2 } = bn254;
const { Fp, Fp2, Fr } = bn254.fields;
export const Q = Fp.ORDER;
export const R = Fr.ORDER;

export const COORDINATES = 8;
export const INPUTS = 23;
const WORDS = COORDINATES + INPUTS;

/** Calldata as its selector and 31 numbers. */
export function split(calldata) {
  if (calldata.length !== 4 + WORDS * 32) throw new Error(`calldata of ${calldata.length} bytes`);
  const word = (_, index) => BigInt(`0x${calldata.toString("hex", 4 + index * 32, 36 + index * 32)}`);
  return { selector: calldata.subarray(0, 4), words: Array.from({ length: WORDS }, word) };
}

export function join({ selector, words }) {
  return Buffer.concat([selector, ...words.map((word) => Buffer.from(word.toString(16).padStart(64, "0"), "hex"))]);
}

export function pointsOf(words) {
  const [ax, ay, bx1, bx0, by1, by0, cx, cy] = words;
  return {
    a: G1.Point.fromAffine({ x: ax, y: ay }),
    b: G2.Point.fromAffine({ x: fp2(bx0, bx1), y: fp2(by0, by1) }),
    c: G1.Point.fromAffine({ x: cx, y: cy }),
  };
}

/** The same words with other points. */
export function withPoints(words, { a, b, c }) {
  const [A, B, C] = [a, b, c].map((point) => point.toAffine());
  return [A.x, A.y, B.x.c1, B.x.c0, B.y.c1, B.y.c0, C.x, C.y, ...words.slice(COORDINATES)];
}

/** Another proof of the same: `(A/r, r·(B + s·delta), C + s·A)`. */
export function rerandomised({ a, b, c }, delta, r, s) {
  return { a: a.multiply(Fr.inv(r)), b: b.add(delta.multiply(s)).multiply(r), c: c.add(a.multiply(s)) };
}

/** Drawn anew in each run. */
export function randomFactor() {
  return Fr.create(BigInt(`0x${randomBytes(48).toString("hex")}`));
}

/** snarkjs' form of a point in G2, as it stands in verification_key.json. */
export function g2Of([[x0, x1], [y0, y1]]) {
  return G2.Point.fromAffine({ x: fp2(x0, x1), y: fp2(y0, y1) });
}

export function g1Of([x, y]) {
  return G1.Point.fromAffine({ x: BigInt(x), y: BigInt(y) });
}

/** Points of the curve of B that are not in its subgroup: any, and one of the small order that divides the cofactor. */
export function outsideSubgroup() {
  const any = onTwist();
  const small = times(times(any, R), COFACTOR / SMALL_FACTOR);
  if (small.is0() || !times(small, SMALL_FACTOR).is0()) throw new Error("no point of small order");
  return { any, small };
}

/** The curve of B has `R · COFACTOR` points, and `COFACTOR = 2Q - R`. */
const COFACTOR = 2n * Q - R;
const SMALL_FACTOR = 10_069n;

function onTwist() {
  const b = Fp2.div(Fp2.create({ c0: 3n, c1: 0n }), Fp2.create({ c0: 9n, c1: 1n }));
  for (let x0 = 1n; ; x0++) {
    const x = fp2(x0, 0n);
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), b);
    try {
      const point = G2.Point.fromAffine({ x, y: Fp2.sqrt(square) });
      if (!times(point, R).is0()) return point;
    } catch {
      // No square: there is no such point.
    }
  }
}

/** By doubling and adding: the library's own reduces the factor by R, which is no multiple of these points' orders. */
function times(point, factor) {
  let product = G2.Point.ZERO;
  for (const bit of factor.toString(2)) {
    product = product.double();
    if (bit === "1") product = product.add(point);
  }
  return product;
}

function fp2(c0, c1) {
  return Fp2.create({ c0: BigInt(c0), c1: BigInt(c1) });
}
