// node compare.mjs none|clauses|all COUNT CASES: see compare.sh.

import { spawn } from "node:child_process";
import { createReadStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { PLANTED } from "./planted.mjs";

const require = createRequire(import.meta.url);
const HERE = fileURLToPath(new URL(".", import.meta.url));
const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
/** With `--O2`, as `docs/soundness.md` has it. */
const CONSTRAINTS = 11844;
/** The public inputs in protocol order, as the witness has them after its first value, the constant. */
const INPUTS = [
  ["root", 1], ["context", 1], ["scope", 1], ["nullifier", 1], ["schema", 1], ["subject", 1], ["valid_at", 1],
  ["mask", 1], ["disclosed", 6], ["lower", 4], ["upper", 4], ["required", 1],
];
const CLAUSES = [
  "Holder", "Membership", "Pseudonym", "Subject", "Disclosure", "Bounds", "Capabilities", "Freshness", "Context",
];

/** The comparison could not be made: exit 2, as opposed to verdicts that differ. */
class Unchecked extends Error {}

/** Compiles the source with circom and these options; what the compiler printed. */
async function compile(source, directory, options) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "statement.circom"), source);
  const compiler = join(HERE, "node_modules/circom2/cli.js");
  const files = [join(directory, "statement.circom"), "-l", "node_modules/circomlib/circuits", "-o", directory];
  // The compiler sees nothing outside of the directory it runs in.
  const child = spawn(process.execPath, [compiler, ...files, ...options], { cwd: HERE });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (printed += data));
  const status = await new Promise((resolve) => child.on("close", resolve));
  if (status !== 0 || !printed.includes("Everything went okay")) throw new Unchecked(printed);
  return printed;
}

/** Field elements in decimal, none reduced: circom would reduce them unasked. */
function checked(inputs) {
  for (const value of Object.values(inputs).flat()) {
    if (!/^(0|[1-9]\d*)$/.test(value) || BigInt(value) >= R) throw new Unchecked(`no field element: ${value}`);
  }
  return inputs;
}

/** The program that circom made of the statement: decides whether inputs, public and private, satisfy it. */
class Statement {
  #calculator;
  #complaints = "";

  static async load(directory) {
    const builder = require(join(directory, "statement_js/witness_calculator.js"));
    const statement = new Statement();
    statement.#calculator = await builder(readFileSync(join(directory, "statement_js/statement.wasm")));
    return statement;
  }

  /** 0 when the inputs satisfy the statement, else the number of a clause that they break. */
  async brokenClause(inputs) {
    let witness;
    try {
      witness = await this.#calculator.calculateBinWitness(inputs);
    } catch (error) {
      return this.#clauseOf(error);
    }
    const publics = INPUTS.flatMap(([name, count]) => (count === 1 ? [inputs[name]] : inputs[name]));
    const values = new BigUint64Array(witness.buffer, 32, 4 * publics.length);
    for (const [at, value] of publics.entries()) {
      const [a, b, c, d] = values.subarray(4 * at, 4 * at + 4);
      if ((a | (b << 64n) | (c << 128n) | (d << 192n)) !== BigInt(value)) {
        throw new Unchecked(`public input ${at} of the compiled statement is not the protocol's`);
      }
    }
    return 0;
  }

  /** The template directly inside `Statement` in which an assertion failed; the calculator repeats all earlier complaints. */
  #clauseOf({ message }) {
    const fresh = message.startsWith(this.#complaints) ? message.slice(this.#complaints.length) : message;
    this.#complaints = message;
    const templates = [...fresh.matchAll(/^Error in template (\w+?)_\d+ line: \d+$/gm)].map(([, name]) => name);
    const clause = CLAUSES.indexOf(templates.at(-2)) + 1;
    if (!message.includes("Assert Failed.") || templates.at(-1) !== "Statement" || clause === 0) {
      throw new Unchecked(`not a verdict: ${fresh}`);
    }
    return clause;
  }
}

async function* readCases(path) {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const { name, broken_clauses, inputs } = JSON.parse(line);
    yield { name, broken: broken_clauses, inputs: checked(inputs) };
  }
}

/** How the two sides differ on a case; nothing when both accept, or both reject and share a reason. */
function difference(broken, clause) {
  if (clause === 0 && broken.length === 0) return undefined;
  if (clause === 0) return `clauses ${broken} are broken, circom accepts`;
  if (broken.length === 0) return `accepted, circom finds clause ${clause} broken`;
  return broken.includes(clause) ? undefined : `clauses ${broken} are broken, circom finds clause ${clause} so`;
}

async function compareAll(statement, cases) {
  const seen = { accepted: 0, rejected: 0, different: 0 };
  for await (const { name, broken, inputs } of readCases(cases)) {
    const clause = await statement.brokenClause(inputs);
    const differs = difference(broken, clause);
    seen[clause === 0 ? "accepted" : "rejected"] += 1;
    if (differs === undefined) continue;
    seen.different += 1;
    console.log(`DIFFERENT  ${name}: ${differs}`);
  }
  return seen;
}

/** Whether some case has another verdict under the statement with this change. */
async function isNoticed(planted, source, cases) {
  const { clause, change, from, to } = planted;
  const [before, after, ...more] = source.split(from);
  if (after === undefined || more.length > 0) throw new Unchecked(`'${from}' does not stand in the source once`);
  const directory = join(HERE, `planted-${PLANTED.indexOf(planted)}`);
  await compile(`${before}${to}${after}`, directory, ["--O1", "--wasm"]);
  const statement = await Statement.load(directory);
  // What another clause rejects it rejects still, and leaving something out rejects nothing more.
  const canTell = (broken) => (broken.length === 0 ? to !== "" : broken.includes(clause));
  for await (const { name, broken, inputs } of readCases(cases)) {
    if (!canTell(broken) || ((await statement.brokenClause(inputs)) === 0) === (broken.length === 0)) continue;
    console.log(`noticed    clause ${clause}, ${change}: ${name}`);
    return true;
  }
  console.log(`UNNOTICED  clause ${clause}, ${change}`);
  return false;
}

/** How many of these changes no case shows. */
async function countMissed(changes, source, cases) {
  const queue = changes.values();
  let missed = 0;
  const work = async () => {
    for (const planted of queue) {
      const noticed = await isNoticed(planted, source, cases);
      missed += noticed ? 0 : 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return missed;
}

const seconds = (began) => `${((performance.now() - began) / 1000).toFixed(1)} s`;

/** The changes to plant: none, the first of each clause, or all. */
function plantable(which) {
  const isFirst = ({ clause }, at) => PLANTED.findIndex((planted) => planted.clause === clause) === at;
  return { none: [], clauses: PLANTED.filter(isFirst), all: PLANTED }[which];
}

async function main([which, count, cases]) {
  const source = readFileSync(join(HERE, "statement.circom"), "utf8");
  let began = performance.now();
  const printed = await compile(source, join(HERE, "out"), ["--O2", "--r1cs", "--wasm"]);
  console.log(`compiled in ${seconds(began)}`);
  if (!printed.includes(`non-linear constraints: ${CONSTRAINTS}\nlinear constraints: 0\n`)) {
    throw new Unchecked(`another number of constraints than ${CONSTRAINTS}:\n${printed}`);
  }

  began = performance.now();
  const { accepted, rejected, different } = await compareAll(await Statement.load(join(HERE, "out")), cases);
  console.log(`${accepted} accepted, ${rejected} rejected, ${different} different, in ${seconds(began)}`);
  if (accepted + rejected !== Number(count)) throw new Unchecked(`not the ${count} cases asked for`);
  if (different > 0) return 1;
  const changes = plantable(which);
  if (changes.length === 0) return 0;

  began = performance.now();
  const missed = await countMissed(changes, source, cases);
  console.log(`${changes.length} changes planted, ${missed} not noticed, in ${seconds(began)}`);
  return missed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Unchecked ? error.message : error);
  process.exitCode = 2;
}
