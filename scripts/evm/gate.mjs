// Gate.sol, the example of a calling contract, with proofs that snarkjs makes for its calls.

import { readFileSync } from "node:fs";
import { join as path } from "node:path";
import { groth16 } from "snarkjs";
import { Chain, account, compile, words } from "./chain.mjs";
import { COORDINATES, R, g2Of, pointsOf, randomFactor, rerandomised, withPoints } from "./points.mjs";

const [KEEPER, AGENT, THIEF] = [20, 21, 22].map(account);
const NOW = 1_790_000_000n;
const VALID_AT = NOW + 3_600n;
const ROOT_AGE = 7_200n;

/** Places of inputs; an input's wire is one more. */
const [ROOT, CONTEXT, SCOPE, SCHEMA, SUBJECT, VALID, LOWER_TASKS] = [0, 1, 2, 4, 5, 6, 15];
const TIME_BITS = 40;

/** `poa crs export-r1cs --witness` as numbers: what stands before them, and the values of all wires. */
class Sample {
  #head;
  #wires;

  constructor(file) {
    const bytes = readFileSync(file);
    // Magic, version and count; the header's section; the table entry of the values.
    const begin = 12 + (12 + 40) + 12;
    this.#head = bytes.subarray(0, begin);
    this.#wires = [];
    for (let at = begin; at < bytes.length; at += 32) {
      this.#wires.push(BigInt(`0x${Buffer.from(bytes.subarray(at, at + 32)).reverse().toString("hex")}`));
    }
  }

  input(place) {
    return this.#wires[place + 1];
  }

  /**
   * The same leaf, shown without its name, for another context and time. The file's last wires are what hangs on those:
   * the bits of `valid_at`, `expires_at` and their difference, and the context's square (docs/soundness.md, clauses 8, 9).
   */
  restated(context, validAt) {
    const wires = [...this.#wires];
    const end = wires.length - 1;
    if (wires[end] !== wires[CONTEXT + 1] ** 2n % R) throw new Error("the last wire is not the context's square");
    const number = (first) => wires.slice(first, first + TIME_BITS).reduceRight((sum, bit) => 2n * sum + bit, 0n);
    const [valid, expires, left] = [3, 2, 1].map((count) => end - count * TIME_BITS);
    if (number(valid) !== wires[VALID + 1]) throw new Error("the bits of valid_at are elsewhere");
    const put = (first, value) => {
      for (let bit = 0; bit < TIME_BITS; bit++) wires[first + bit] = (value >> BigInt(bit)) & 1n;
    };
    put(valid, validAt);
    put(left, number(expires) - validAt);
    wires[VALID + 1] = validAt;
    wires[SUBJECT + 1] = 0n;
    wires[CONTEXT + 1] = context;
    wires[end] = (context * context) % R;
    const values = wires.map((value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse());
    return new Uint8Array(Buffer.concat([this.#head, ...values]));
  }
}

/** As other verifiers do: it answers and never reverts. A gate must look at the answer, whichever verifier it is given. */
const SAYS_NO = compile(
  "SaysNo",
  `// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.26;
contract SaysNo {
    function verifyProof(uint256[8] calldata, uint256[23] calldata) external pure returns (bool) { return false; }
}`,
);

/** A chain with the verifier on it, and what is done with gates there. */
async function scene(directory, verifier, source) {
  const gate = compile("Gate", source);
  for (const [selector, name] of verifier.errors) gate.errors.set(selector, name);
  const data = (signature, numbers) => Buffer.concat([Buffer.from(gate.selectors[signature], "hex"), words(numbers)]);
  const sample = new Sample(path(directory, "sample.wtns"));
  const [schema, scope, root] = [SCHEMA, SCOPE, ROOT].map((place) => sample.input(place));

  const chain = await Chain.create();
  chain.time = NOW;
  const { address } = await chain.deploy(verifier);
  const contextOf = async (on) => {
    const { answer } = await on.send(data("contextOf(address)", [AGENT.toString()]));
    return BigInt(`0x${answer.toString("hex")}`);
  };
  return {
    chain,
    /** A gate that differs from the sample's by this much. */
    build: ({ schema: s = 0n, scope: a = 0n, tasks = 0n, verifier = address } = {}) =>
      chain.deploy(gate, [verifier.toString(), KEEPER.toString(), schema + s, scope + a, tasks]),
    saysNo: async () => (await chain.deploy(SAYS_NO)).address,
    tell: (on, caller = KEEPER) => on.send(data("tell(uint256)", [root]), { caller }),
    enter: (on, proof, caller = AGENT) => on.send(data("enter(uint256[8],uint256[23])", proof), { caller }),
    /** Another gate's proof with this one's context written over it: no proof of anything. */
    overwritten: async (on, proof) => proof.with(COORDINATES + CONTEXT, await contextOf(on)),
    /** The agent's proof for a gate, as its 31 words. */
    prove: async (on) => {
      const witness = { type: "mem", data: sample.restated(await contextOf(on), VALID_AT) };
      const { proof, publicSignals } = await groth16.prove(path(directory, "proving.zkey"), witness);
      const { pi_a: a, pi_b: b, pi_c: c } = proof;
      return [a[0], a[1], b[0][1], b[0][0], b[1][1], b[1][0], c[0], c[1], ...publicSignals].map(BigInt);
    },
  };
}

/** Everything that the gate must refuse, then what it must not. Gives what went otherwise, and what entering costs. */
export async function passesTheGate(directory, verifier, source, key) {
  const { chain, build, saysNo, tell, enter, overwritten, prove } = await scene(directory, verifier, source);
  const faults = [];
  const expect = async (what, sent, refused) => {
    const { error, transaction } = await sent;
    if (error !== refused) faults.push(`${what}: ${error ?? "accepted"}, expected ${refused ?? "accepted"}`);
    return transaction;
  };

  const gate = await build();
  const proof = await prove(gate);
  await expect("a root that nobody told of", enter(gate, proof), "RootUnknown");
  await expect("a root told by somebody else", tell(gate, THIEF), "RootUnknown");
  await expect("the keeper tells of the root", tell(gate), undefined);
  await expect("a proof copied from a pending transaction", enter(gate, proof, THIEF), "ContextOfAnother");
  await expect("a point changed", enter(gate, proof.with(0, proof[0] ^ 1n)), "PrecompileFailed(8)");
  await expect("a name put in", enter(gate, proof.with(COORDINATES + SUBJECT, 1n)), "Named");
  await expect("more tasks claimed than proved", enter(gate, proof.with(COORDINATES + LOWER_TASKS, 7n)), "ProofRefused");
  chain.time = VALID_AT + 1n;
  await expect("a leaf that is not shown to outlive the call", enter(gate, proof), "Expired");
  chain.time = NOW + ROOT_AGE + 1n;
  await expect("a root told too long ago", enter(gate, proof), "RootUnknown");
  chain.time = NOW;
  for (const [difference, refused] of [
    [{ schema: 1n }, "SchemaUnknown"],
    [{ scope: 1n }, "ScopeOfAnother"],
    [{ tasks: 1n }, "TooFewTasks"],
  ]) {
    const other = await build(difference);
    await tell(other);
    await expect(`the first gate's proof at one for ${refused}`, enter(other, proof), "ContextOfAnother");
    await expect(`a gate for ${refused}`, enter(other, await prove(other)), refused);
  }
  for (const [what, verifier, refused] of [
    ["no proof at all", undefined, "ProofRefused"],
    ["a verifier that answers no", await saysNo(), "NotProved"],
    ["a verifier without code", account(99), "revert"],
  ]) {
    const other = await build({ verifier });
    await tell(other);
    await expect(what, enter(other, await overwritten(other, proof)), refused);
  }
  const cost = await expect("the agent enters", enter(gate, proof), undefined);
  await expect("the same proof again", enter(gate, proof), "EnteredBefore");
  const again = rerandomised(pointsOf(proof), g2Of(key.vk_delta_2), randomFactor(), randomFactor());
  await expect("the same proof re-randomised", enter(gate, withPoints(proof, again)), "EnteredBefore");
  return { faults, cost };
}
