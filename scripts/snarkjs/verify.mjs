// Runs `snarkjs groth16 verify` on every exported proof, and on copies with one input raised.
//
//   node verify.mjs DIR     (see verify.sh)

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { groth16 } from "snarkjs";

const INPUTS = 23;
const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const CLI = join(dirname(fileURLToPath(import.meta.url)), "node_modules/snarkjs/build/cli.cjs");

/** The check could not be made: exit 2, as opposed to a proof that fails. */
class Unchecked extends Error {}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Unchecked(`${path}: ${error.message}`);
  }
}

/** Every directory from `root` down that holds a proof; half a pair is an error. */
function proofDirectories(root) {
  const below = readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return [root, ...below].sort().filter((directory) => {
    const [proof, inputs] = ["proof.json", "public.json"].map((file) => existsSync(join(directory, file)));
    if (proof !== inputs) throw new Unchecked(`${directory}: one of proof.json and public.json is missing`);
    return proof;
  });
}

/** snarkjs' own command on the files as they are. */
function commandAccepts(key, inputs, proof) {
  const run = spawnSync(process.execPath, [CLI, "groth16", "verify", key, inputs, proof], { encoding: "utf8" });
  if (run.error) throw new Unchecked(run.error.message);
  return run.status === 0 && run.stdout.includes("OK!");
}

/** What is wrong with one exported proof; an empty list when nothing is. */
async function faults(directory, keyPath, key) {
  const [proofPath, inputsPath] = ["proof.json", "public.json"].map((file) => join(directory, file));
  const proof = readJson(proofPath);
  const inputs = readJson(inputsPath);
  if (!Array.isArray(inputs) || inputs.length !== INPUTS) return [`public.json does not hold ${INPUTS} inputs`];

  const found = [];
  if (!commandAccepts(keyPath, inputsPath, proofPath)) found.push("snarkjs does not accept it");
  for (const [index, value] of inputs.entries()) {
    const raised = ((BigInt(value) + 1n) % R).toString();
    if (await groth16.verify(key, inputs.with(index, raised), proof)) {
      found.push(`snarkjs accepts it with input ${index} raised by one`);
    }
  }
  return found;
}

async function main(root) {
  const keyPath = join(root, "verification_key.json");
  const key = readJson(keyPath);
  if (key.nPublic !== INPUTS || key.IC?.length !== INPUTS + 1) {
    throw new Unchecked(`${keyPath}: not a key of ${INPUTS} public inputs`);
  }
  const directories = proofDirectories(root);
  if (directories.length === 0) throw new Unchecked(`${root}: no proof.json anywhere`);

  let failed = 0;
  for (const directory of directories) {
    const found = await faults(directory, keyPath, key);
    const name = relative(root, directory) || ".";
    console.log(found.length === 0 ? `ok    ${name}` : `FAIL  ${name}: ${found.join("; ")}`);
    failed += found.length === 0 ? 0 : 1;
  }
  const checked = `${directories.length} proofs, each also with ${INPUTS} raised inputs`;
  console.log(failed === 0 ? `snarkjs agrees on ${checked}` : `${failed} of ${directories.length} proofs failed`);
  return failed === 0 ? 0 : 1;
}

try {
  // snarkjs keeps its curve workers running, hence an explicit exit.
  process.exit(await main(process.argv[2]));
} catch (error) {
  if (!(error instanceof Unchecked)) throw error;
  console.error(error.message);
  process.exit(2);
}
