// Writes every vector set and validates it against its JSON Schema.
//
//   node src/main.mjs --schemas DIR --out DIR

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import Ajv from "ajv/dist/2020.js";
import { eddsaSets } from "./eddsa.mjs";
import { identitySets } from "./identity.mjs";
import { imtSets } from "./imt.mjs";
import { namesSets } from "./names.mjs";
import { poseidonSets } from "./poseidon.mjs";
import { rdfcSets } from "./rdfc.mjs";

const { values } = parseArgs({ options: { schemas: { type: "string" }, out: { type: "string" } } });
if (!values.schemas || !values.out) throw new Error("usage: main.mjs --schemas DIR --out DIR");

/** Version of an installed package, as npm put it on disk. */
function installedVersion(name) {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}

function document({ schema, packages, comment, fields, cases }) {
  return {
    schema,
    generated_by: "scripts/vectors/regenerate.sh",
    packages: Object.fromEntries(packages.map((name) => [name, installedVersion(name)])),
    comment,
    ...fields,
    cases,
  };
}

/** One validator per `schema` name; the file of `x.v1` is `x.v1.json`. */
function validators() {
  const ajv = new Ajv({ strict: true, allErrors: true });
  const files = readdirSync(values.schemas).filter((file) => file.endsWith(".json"));
  for (const file of files) ajv.addSchema(JSON.parse(readFileSync(join(values.schemas, file), "utf8")), file);
  return (name, value) => {
    const validate = ajv.getSchema(`${name}.json`);
    if (!validate) throw new Error(`no JSON Schema ${name}.json`);
    if (!validate(value)) throw new Error(`${name}: ${ajv.errorsText(validate.errors)}`);
  };
}

const check = validators();
const sets = [...(await poseidonSets()), ...imtSets(), ...identitySets(), ...eddsaSets(), ...(await rdfcSets()), ...(await namesSets())];
for (const set of sets) {
  const content = document(set);
  check(set.schema, content);
  const path = join(values.out, set.path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(content, null, 2) + "\n");
  console.log(`${set.path}: ${set.cases.length} cases`);
}
// The curve workers of circomlibjs would keep the process alive.
process.exit(0);
