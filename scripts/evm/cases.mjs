// Calldata that must be refused, each with the contract's reason, and proofs re-randomised, which must be accepted.

import {
  COORDINATES, INPUTS, Q, R, g1Of, g2Of, join, outsideSubgroup, pointsOf, randomFactor, rerandomised, split, withPoints,
} from "./points.mjs";

/** The reasons. A precompiled contract tells nothing but that it refuses. */
const NOT_A_PROOF = "ProofRefused";
const NO_POINT = "PrecompileFailed(8)";
const MALFORMED = "revert";

const LARGEST = 2n ** 256n - 1n;
const ROUNDS = 3;

/**
 * Everything below as `{ name, calldata, refused }`, `refused` being undefined where the contract must accept.
 * `key` is verification_key.json; `other` is calldata of another statement under the same key.
 */
export function cases(calldata, other, key) {
  const { words } = split(calldata);
  const edit = (change) => {
    const { selector, words } = split(calldata);
    change(words);
    return join({ selector, words });
  };
  return [
    { name: "as it is", calldata, refused: undefined },
    ...eachInput(edit),
    ...eachCoordinate(edit),
    ...points(edit, words, key),
    ...exchanged(edit, words, split(other).words),
    ...lengths(calldata),
    ...sameStatement(edit, words, key),
  ];
}

function eachInput(edit) {
  const places = Array.from({ length: INPUTS }, (_, input) => input);
  return places.flatMap((input) => {
    const put = (name, change, refused) => ({
      name: `input ${input} ${name}`,
      calldata: edit((words) => (words[COORDINATES + input] = change(words[COORDINATES + input]))),
      refused,
    });
    const range = `InputOutOfRange(${input})`;
    return [
      put("raised by one", (value) => (value + 1n) % R, NOT_A_PROOF),
      put("negated and lowered by one", (value) => R - 1n - value, NOT_A_PROOF),
      put("plus r", (value) => value + R, range),
      put("plus four times r", (value) => value + 4n * R, range),
      put("r", () => R, range),
      put("2^256 - 1", () => LARGEST, range),
    ];
  });
}

function eachCoordinate(edit) {
  const places = Array.from({ length: COORDINATES }, (_, place) => place);
  return places.flatMap((place) => {
    const put = (name, change, refused) => ({
      name: `coordinate ${place} ${name}`,
      calldata: edit((words) => (words[place] = change(words[place]))),
      refused,
    });
    const range = `CoordinateOutOfRange(${place})`;
    return [
      put("with its lowest bit changed", (value) => value ^ 1n, NO_POINT),
      put("0", () => 0n, NO_POINT),
      put("plus q", (value) => value + Q, range),
      put("q", () => Q, range),
      put("2^256 - 1", () => LARGEST, range),
    ];
  });
}

function points(edit, words, key) {
  const proof = pointsOf(words);
  const outside = outsideSubgroup();
  const put = (name, change, refused) => ({ name, calldata: edit((words) => replace(words, change)), refused });
  const zero = (name, from, to, refused) => ({ name, calldata: edit((words) => words.fill(0n, from, to)), refused });
  const [alpha, beta] = [g1Of(key.vk_alpha_1), g2Of(key.vk_beta_2)];
  return [
    zero("A at infinity", 0, 2, "PointAtInfinity(0)"),
    zero("B at infinity", 2, 6, "PointAtInfinity(2)"),
    zero("C at infinity", 6, 8, "PointAtInfinity(6)"),
    zero("all points at infinity", 0, 8, "PointAtInfinity(0)"),
    zero("nothing but zeros", 0, 31, "PointAtInfinity(0)"),
    put("B outside the subgroup", () => ({ ...proof, b: outside.any }), NO_POINT),
    put("B plus a point of small order", () => ({ ...proof, b: proof.b.add(outside.small) }), NO_POINT),
    put("A negated", () => ({ ...proof, a: proof.a.negate() }), NOT_A_PROOF),
    put("B negated", () => ({ ...proof, b: proof.b.negate() }), NOT_A_PROOF),
    put("C negated", () => ({ ...proof, c: proof.c.negate() }), NOT_A_PROOF),
    put("A and C exchanged", () => ({ ...proof, a: proof.c, c: proof.a }), NOT_A_PROOF),
    put("A doubled", () => ({ ...proof, a: proof.a.double() }), NOT_A_PROOF),
    put("the forgery under a key with delta = gamma", () => ({ a: alpha, b: beta, c: combined(words, key).negate() }), NOT_A_PROOF),
    put("the forgery under a key with delta = -gamma", () => ({ a: alpha, b: beta, c: combined(words, key) }), NOT_A_PROOF),
    {
      name: "B with the coefficients of its coordinates exchanged",
      calldata: edit((words) => words.splice(2, 4, words[3], words[2], words[5], words[4])),
      refused: NO_POINT,
    },
    { name: "A's coordinates exchanged", calldata: edit((words) => words.splice(0, 2, words[1], words[0])), refused: NO_POINT },
  ];
}

function replace(words, change) {
  words.splice(0, words.length, ...withPoints(words, change()));
}

/** IC[0] + sum of inputs[i] * IC[i + 1]. */
function combined(words, key) {
  const [constant, ...rest] = key.IC.map(g1Of);
  return rest.reduce((sum, point, i) => sum.add(point.multiplyUnsafe(words[COORDINATES + i])), constant);
}

function exchanged(edit, words, other) {
  const found = [
    { name: "another statement's proof", calldata: edit((words) => words.splice(0, COORDINATES, ...other.slice(0, COORDINATES))) },
    { name: "another statement's inputs", calldata: edit((words) => words.splice(COORDINATES, INPUTS, ...other.slice(COORDINATES))) },
    { name: "another statement's C", calldata: edit((words) => words.splice(6, 2, ...other.slice(6, 8))) },
  ];
  for (let input = COORDINATES; input + 1 < words.length; input++) {
    if (words[input] === words[input + 1]) continue;
    found.push({
      name: `inputs ${input - COORDINATES} and ${input + 1 - COORDINATES} exchanged`,
      calldata: edit((words) => words.splice(input, 2, words[input + 1], words[input])),
    });
  }
  return found.map((entry) => ({ ...entry, refused: NOT_A_PROOF }));
}

function lengths(calldata) {
  const words = 4 + 31 * 32;
  return [
    ["nothing at all", calldata.subarray(0, 0), MALFORMED],
    ["the selector alone", calldata.subarray(0, 4), MALFORMED],
    ["without the last input", calldata.subarray(0, words - 32), MALFORMED],
    ["without the last byte", calldata.subarray(0, words - 1), MALFORMED],
    ["a byte more", Buffer.concat([calldata, Buffer.alloc(1)]), `CalldataLength(${words + 1})`],
    ["a word more", Buffer.concat([calldata, Buffer.alloc(32)]), `CalldataLength(${words + 32})`],
    ["another selector", Buffer.concat([Buffer.from([calldata[0] ^ 1]), calldata.subarray(1)]), MALFORMED],
  ].map(([name, calldata, refused]) => ({ name, calldata, refused }));
}

/** Anybody can make these from the proof alone. */
function sameStatement(edit, words, key) {
  const proof = pointsOf(words);
  const delta = g2Of(key.vk_delta_2);
  const put = (name, change) => ({ name, calldata: edit((words) => replace(words, change)), refused: undefined });
  return [
    put("A and B negated", () => ({ ...proof, a: proof.a.negate(), b: proof.b.negate() })),
    ...Array.from({ length: ROUNDS }, (_, round) =>
      put(`re-randomised, ${round + 1}`, () => rerandomised(proof, delta, randomFactor(), randomFactor())),
    ),
  ];
}
