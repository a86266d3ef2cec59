// node bench.mjs POA KEY.zkey WITNESS.wtns ROUNDS: see bench.sh.

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { groth16 } from "snarkjs";

const [poa, key, witness, rounds] = process.argv.slice(2);

/** The engine in a process that proves once per line it is sent, and answers with the seconds that took. */
function engine() {
  const child = spawn(poa, ["bench", "--on-request"], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const prove = async () => {
    child.stdin.write("\n");
    const { value, done } = await lines.next();
    if (done) throw new Error("poa bench ended");
    return Number(value) * 1000;
  };
  return { name: "poa engine", prove, end: () => child.stdin.end() };
}

/** In this process, key and witness in memory. */
function snarkjs() {
  const files = [key, witness].map((path) => new Uint8Array(readFileSync(path)));
  const prove = async () => {
    const start = performance.now();
    await groth16.prove(...files.map((data) => ({ type: "mem", data })));
    return performance.now() - start;
  };
  return { name: "snarkjs", prove, end: () => {} };
}

/** A whole process, as it is used. */
function rapidsnark() {
  const prove = async () => {
    const start = performance.now();
    const { status } = spawnSync("prover", [key, witness, "/dev/null", "/dev/null"]);
    if (status !== 0) throw new Error("rapidsnark failed");
    return performance.now() - start;
  };
  return { name: "rapidsnark", prove, end: () => {} };
}

const sides = [engine(), snarkjs()];
if (spawnSync("prover", ["--version"]).error === undefined) sides.push(rapidsnark());
else console.log("rapidsnark: no `prover` on PATH, not measured");

const times = sides.map(() => []);
for (const side of sides) await side.prove();
for (let round = 0; round < Number(rounds); round++) {
  for (const [index, side] of sides.entries()) times[index].push(await side.prove());
}
for (const side of sides) side.end();

const at = (sorted, quarters) => sorted[Math.floor(((sorted.length - 1) * quarters) / 4)];
const sorted = times.map((runs) => runs.toSorted((a, b) => a - b));
for (const [index, { name }] of sides.entries()) {
  const [low, median, high] = [1, 2, 3].map((quarters) => at(sorted[index], quarters).toFixed(1));
  const ratio = (at(sorted[index], 2) / at(sorted[0], 2)).toFixed(2);
  console.log(`${name.padEnd(12)} ${median.padStart(9)} ms [${low} .. ${high}]  ${ratio} x`);
}
process.exit(0);
