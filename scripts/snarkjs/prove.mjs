// node prove.mjs POA DIR OUT: see prove.sh. DIR is what `poa crs export` and `export-r1cs` wrote, OUT takes the proof.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { groth16, zKey } from "snarkjs";

const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const CLI = join(dirname(fileURLToPath(import.meta.url)), "node_modules/snarkjs/build/cli.cjs");

const [poa, directory, out] = process.argv.slice(2);
const [zkey, circuit, witness] = ["proving.zkey", "circuit.r1cs", "sample.wtns"].map((name) => join(directory, name));
const [proofPath, inputsPath] = ["proof.json", "public.json"].map((name) => join(out, name));
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

let failures = 0;
function expect(holds, what) {
  console.log(`${holds ? "ok  " : "FAIL"}  ${what}`);
  failures += holds ? 0 : 1;
}

function snarkjs(...args) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [CLI, ...args], { encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) console.log(stdout + stderr);
  return status === 0;
}

function nativelyAccepted(folder) {
  const { status, stderr, error } = spawnSync(poa, ["crs", "verify-proof", folder], { encoding: "utf8" });
  if (error) throw error;
  if (status !== 0 && status !== 1) throw new Error(`poa crs verify-proof: ${stderr}`);
  return status === 0;
}

mkdirSync(out, { recursive: true });
const keyPath = join(directory, "verification_key.json");
const key = readJson(keyPath);
const inside = await zKey.exportVerificationKey(zkey, undefined);
const same = ["protocol", "curve", "nPublic", "vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2", "IC"].every(
  (member) => JSON.stringify(key[member]) === JSON.stringify(inside[member]),
);
expect(same, "snarkjs finds the exported verifying key in the exported proving key");
expect(snarkjs("wtns", "check", circuit, witness), "snarkjs finds that the witness satisfies the circuit");
expect(snarkjs("groth16", "prove", zkey, witness, proofPath, inputsPath), "snarkjs proves under the exported key");
expect(snarkjs("groth16", "verify", keyPath, inputsPath, proofPath), "snarkjs accepts its proof");
expect(nativelyAccepted(out), "poa accepts snarkjs' proof");

const [proof, inputs] = [readJson(proofPath), readJson(inputsPath)];
const raised = join(directory, "raised");
mkdirSync(raised);
writeFileSync(join(raised, "proof.json"), JSON.stringify(proof));
const accepted = { poa: [], snarkjs: [] };
for (const [index, value] of inputs.entries()) {
  const other = inputs.with(index, ((BigInt(value) + 1n) % R).toString());
  writeFileSync(join(raised, "public.json"), JSON.stringify(other));
  if (nativelyAccepted(raised)) accepted.poa.push(index);
  if (await groth16.verify(key, other, proof)) accepted.snarkjs.push(index);
}
for (const [side, indices] of Object.entries(accepted)) {
  const but = indices.length === 0 ? "" : `, but not ${indices}`;
  expect(indices.length === 0, `${side} refuses it with any one of ${inputs.length} inputs raised by one${but}`);
}
// snarkjs keeps its curve workers running, hence an explicit exit.
process.exit(failures === 0 ? 0 : 1);
