// The contract with one check left out or one number changed, and the case that notices.

/** Name, what stands in the source, what is put there, the case: of cases.mjs, or a chain without a precompiled contract. */
const CHANGES = [
  ["longer calldata", "if (msg.data.length != 4 + (8 + 23) * 32) revert CalldataLength(msg.data.length);", "", "a byte more"],
  ["coordinates above Q", "if (proof[i] >= Q) revert CoordinateOutOfRange(i);", "", "coordinate 3 plus q"],
  ["the last coordinate above Q", "i < 8;", "i < 7;", "coordinate 7 plus q"],
  ["a coordinate of Q", "proof[i] >= Q", "proof[i] > Q", "coordinate 0 q"],
  ["A may be the identity", "if ((proof[0] | proof[1]) == 0) revert PointAtInfinity(0);", "", "A at infinity"],
  ["B may be the identity", "if ((proof[2] | proof[3] | proof[4] | proof[5]) == 0) revert PointAtInfinity(2);", "", "B at infinity"],
  ["C may be the identity", "if ((proof[6] | proof[7]) == 0) revert PointAtInfinity(6);", "", "C at infinity"],
  ["inputs above R", "if (input >= R) revert InputOutOfRange(i);", "", "input 3 plus r"],
  ["an input of R", "input >= R", "input > R", "input 3 r"],
  ["an input of 1 is passed over", "input == 0", "input <= 1", "input 8 raised by one"],
  ["the last input is passed over", "i < 23;", "i < 22;", "input 22 raised by one"],
  ["one point for all inputs", "pointAt(points, i + 1)", "pointAt(points, 1)", "as it is"],
  ["no constant", "(terms[0], terms[1]) = pointAt(points, 0);", "", "as it is"],
  ["A is not negated", "Q - proof[1]", "proof[1]", "as it is"],
  ["gamma for delta", "(DELTA_X1, DELTA_X0, DELTA_Y1, DELTA_Y0)", "(GAMMA_X1, GAMMA_X0, GAMMA_Y1, GAMMA_Y0)", "as it is"],
  ["any product will do", "if (!productIsOne(pairs)) revert ProofRefused();", "productIsOne(pairs);", "A negated"],
  ["three pairs of four", "pairs, 768", "pairs, 576", "as it is"],
  ["adding need not succeed", "if (!answered) revert PrecompileFailed(6);", "", 6],
  ["multiplying need not succeed", "if (!answered) revert PrecompileFailed(7);", "", 7],
  ["pairing need not succeed", "if (!answered) revert PrecompileFailed(8);", "", 8],
  ["nothing for a sum", andReturns(64, 6), refusesUnanswered(6), 6],
  ["nothing for a product", andReturns(64, 7), refusesUnanswered(7), 7],
  ["nothing for a pairing's result", andReturns(32, 8), refusesUnanswered(8), 8],
];

function andReturns(bytes, number) {
  return `answered := and(answered, eq(returndatasize(), ${bytes}))\n        ${refusesUnanswered(number)}`;
}

function refusesUnanswered(number) {
  return `}\n        if (!answered) revert PrecompileFailed(${number})`;
}

export function weaker(source) {
  return CHANGES.map(([name, from, to, noticedBy]) => {
    if (source.split(from).length !== 2) throw new Error(`'${name}' does not stand once in the contract`);
    return { name, source: source.replace(from, () => to), noticedBy };
  });
}
