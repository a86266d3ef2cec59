// Changes to the statement's second implementation that a comparison must notice, several in each clause. Not here: the leaf 0 let through, since
// nobody knows an opening that hashes to it; and what circom computes rather than checks, which honest hints hide.

const planted = (clause, change, from, to = "") => ({ clause, change, from, to });

export const PLANTED = [
  planted(1, "bits of the key may be anything", "IsBit()(k[i]);"),
  planted(1, "K's coordinates exchanged", "Poseidon(2)([K.x, K.y])", "Poseidon(2)([K.y, K.x])"),
  planted(1, "n not hashed", "pseudonym <== Poseidon(1)([n]);", "pseudonym <== n;"),
  planted(2, "any leaf", "hashed === leaf;"),
  planted(2, "any root", "node[32] === root;"),
  planted(2, "index bits may be anything", "IsBit()(index[level]);"),
  planted(3, "any nullifier", "computed === nullifier;"),
  planted(3, "scope and n exchanged", "Poseidon(2)([scope, n])", "Poseidon(2)([n, scope])"),
  planted(4, "any subject", "subject * (subject - agent) === 0;"),
  planted(4, "the agent 0", "no_agent === 0;"),
  planted(5, "anything disclosed", "m[i] * attributes[i] === disclosed[i];"),
  planted(5, "a mask of seven bits", "signal m[6] <== Num2Bits(6)(mask);", "signal m[7] <== Num2Bits(7)(mask);"),
  planted(6, "any lower bound", "InBits(width)(lower);"),
  planted(6, "any upper bound", "InBits(width)(upper);"),
  planted(6, "values below their lower bound", "InBits(width)(attribute - lower);"),
  planted(6, "values above their upper bound", "InBits(width)(upper - attribute);"),
  planted(6, "reputation of 15 bits", "slot == 0 ? 14 : 64", "slot == 0 ? 15 : 64"),
  planted(6, "counts of 65 bits", "slot == 0 ? 14 : 64", "slot == 0 ? 14 : 65"),
  planted(7, "absent capabilities", "asked[i] * (1 - has[i]) === 0;"),
  planted(7, "65 bits required", "signal asked[64] <== Num2Bits(64)(", "signal asked[65] <== Num2Bits(65)("),
  planted(7, "a set of 65 bits", "signal has[64] <== Num2Bits(64)(", "signal has[65] <== Num2Bits(65)("),
  planted(8, "any valid_at", "InBits(40)(valid_at);"),
  planted(8, "any expires_at", "InBits(40)(expires_at);"),
  planted(8, "expired leaves", "InBits(40)(expires_at - valid_at);"),
  planted(9, "any square", "context * context === context_squared;"),
];
