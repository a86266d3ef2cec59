// node run.mjs POA DIR: see run.sh. DIR has PoaVerifier.sol, verification_key.json and proofs as *.hex.

import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join as path } from "node:path";
import { Hardfork } from "@ethereumjs/common";
import { cases } from "./cases.mjs";
import { Chain, PRECOMPILED, compile, words } from "./chain.mjs";
import { passesTheGate } from "./gate.mjs";
import { COORDINATES, join, split } from "./points.mjs";
import { weaker } from "./weaker.mjs";

/** What a call may cost, whatever the inputs; docs/evm.md gives what was measured. */
const MAX_GAS = 350_000;
/** docs/evm.md gives Cancun's figures; newer rules must give the same answers within the same bound. */
const HARDFORKS = [Hardfork.Cancun, Hardfork.Osaka];

const [poa, directory] = process.argv.slice(2);
const source = readFileSync(path(directory, "PoaVerifier.sol"), "utf8");
const key = JSON.parse(readFileSync(path(directory, "verification_key.json"), "utf8"));
const proofs = readdirSync(directory)
  .filter((name) => name.endsWith(".hex"))
  .sort()
  .map((name) => ({ name: name.slice(0, -4), calldata: hex(readFileSync(path(directory, name), "utf8")) }));
if (proofs.length < 2) throw new Error(`${directory}: fewer than two proofs`);

function hex(text) {
  return Buffer.from(text.trim().replace(/^0x/, ""), "hex");
}

let failures = 0;
function expect(holds, what) {
  if (holds) return;
  failures++;
  console.log(`FAIL  ${what}`);
}

/** Whether our own verifier accepts the same calldata. */
function nativelyAccepted(calldata) {
  const file = path(directory, "case.txt");
  writeFileSync(file, `0x${calldata.toString("hex")}\n`);
  const { status, stderr, error } = spawnSync(poa, ["crs", "verify-proof", file], { encoding: "utf8" });
  if (error) throw error;
  if (status !== 0 && status !== 1) throw new Error(`poa crs verify-proof: ${stderr}`);
  return status === 0;
}

/** The dearest calldata: no input is 0. It is refused, after all the work was done. */
function withoutZeros(calldata) {
  const { selector, words } = split(calldata);
  return join({ selector, words: words.map((word, place) => (place >= COORDINATES && word === 0n ? 1n : word)) });
}

const TRUE = words([1n]);

/** Calls the contract: what it refuses for, and the gas. It answers true or reverts. */
async function verify({ send }, calldata, options) {
  const { answer, ...said } = await send(calldata, options);
  if (said.error === undefined && !answer.equals(TRUE)) throw new Error(`neither true nor a refusal: ${answer.toString("hex")}`);
  return said;
}

async function everyStatementIsAccepted(contract) {
  for (const hardfork of HARDFORKS) {
    const deployed = await (await Chain.create({ hardfork })).deploy(contract);
    console.log(`${contract.name}, rules of ${hardfork}: ${contract.deployedBytes} bytes, ${deployed.gas} gas to deploy`);
    for (const { name, calldata } of proofs) {
      const { error, gas, transaction } = await verify(deployed, calldata);
      expect(error === undefined, `${name} is refused: ${error}`);
      expect(gas <= MAX_GAS, `${name} takes ${gas} gas, more than ${MAX_GAS}`);
      const used = split(calldata).words.slice(COORDINATES).filter((input) => input !== 0n).length;
      console.log(`ok    ${name.padEnd(22)} ${gas} gas, ${transaction} as a transaction, ${used} inputs other than 0`);
    }
    const dearest = await verify(deployed, withoutZeros(proofs[0].calldata));
    expect(dearest.error === "ProofRefused" && dearest.gas <= MAX_GAS, `all inputs: ${dearest.error}, ${dearest.gas} gas`);
    console.log(`ok    no input is 0          ${dearest.gas} gas`);
  }
}

/** What the contract says otherwise than expected of a case; nothing where it agrees. */
async function objection(deployed, { name, calldata, refused }) {
  const { error } = await verify(deployed, calldata);
  return error === refused ? undefined : `${name}: ${error ?? "accepted"}, expected ${refused ?? "accepted"}`;
}

/** A chain may lack any of the precompiled contracts: a call to it succeeds and returns nothing. */
async function objectionWithout(number, contract) {
  const missing = { name: `a chain without ${number}`, calldata: proofs[0].calldata, refused: `PrecompileFailed(${number})` };
  return objection(await (await Chain.create({ without: number })).deploy(contract), missing);
}

async function everyCaseIsAnsweredAlike(contract, all) {
  const deployed = await (await Chain.create()).deploy(contract);
  for (const entry of all) {
    const found = await objection(deployed, entry);
    expect(found === undefined, found);
    expect(nativelyAccepted(entry.calldata) === (entry.refused === undefined), `${entry.name}: poa says otherwise`);
  }
  for (const number of PRECOMPILED) {
    const found = await objectionWithout(number, contract);
    expect(found === undefined, found);
  }
  const refused = all.filter(({ refused }) => refused !== undefined).length;
  console.log(`${refused} calls refused for the reason expected, ${all.length - refused} accepted, by poa alike`);
}

async function aWeakerContractIsNoticed(all) {
  const weakened = weaker(source);
  for (const { name, source, noticedBy } of weakened) {
    const contract = compile("PoaVerifier", source);
    const found = PRECOMPILED.includes(noticedBy)
      ? await objectionWithout(noticedBy, contract)
      : await objection(await (await Chain.create()).deploy(contract), all.find(({ name }) => name === noticedBy));
    expect(found !== undefined, `'${noticedBy}' does not notice a weaker contract: ${name}`);
  }
  console.log(`${weakened.length} weaker contracts, each noticed`);
}

async function onlyWholeCalls(contract) {
  const deployed = await (await Chain.create()).deploy(contract);
  const { gas } = await verify(deployed, proofs[0].calldata);
  for (const gasLimit of [gas - 1, gas - 50_000, 100_000, 0]) {
    const { error } = await verify(deployed, proofs[0].calldata, { gasLimit: BigInt(gasLimit) });
    expect(error !== undefined, `accepted with ${gasLimit} gas`);
  }
  expect((await verify(deployed, proofs[0].calldata, { value: 1n })).error !== undefined, "a call that sends value is accepted");
}

const contract = compile("PoaVerifier", source);
const selector = proofs[0].calldata.toString("hex", 0, 4);
expect(contract.selectors["verifyProof(uint256[8],uint256[23])"] === selector, `the selector is not ${selector}`);
await everyStatementIsAccepted(contract);
await onlyWholeCalls(contract);

const base = proofs.findIndex(({ name }) => name === "presentation");
const other = proofs[(base + 1) % proofs.length];
const all = cases(proofs[base].calldata, other.calldata, key);
await everyCaseIsAnsweredAlike(contract, all);
await aWeakerContractIsNoticed(all);
const { faults, cost } = await passesTheGate(directory, contract, readFileSync("Gate.sol", "utf8"), key);
faults.forEach((fault) => expect(false, fault));
console.log(`the example of a calling contract: entering costs ${cost} gas as a transaction`);
console.log(failures === 0 ? "the contract is as it should be" : `${failures} checks failed`);
process.exit(failures === 0 ? 0 : 1);
