// What jsonld's safe mode says of credentials with random inline contexts: whether it can expand them and make RDF of
// them without dropping anything. Contexts are the VC 2.0 context and the examples' one; nothing is fetched.

import { named as credentialsContexts } from "@digitalbazaar/credentials-context";
import jsonld from "jsonld";
import { Choices } from "./rdfc.mjs";

const V2 = "https://www.w3.org/ns/credentials/v2";
const EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2";
const contexts = {
  [V2]: credentialsContexts.get("v2").context,
  [EXAMPLES]: { "@context": { "@vocab": "https://www.w3.org/ns/credentials/examples#" } },
};

async function documentLoader(url) {
  if (!contexts[url]) throw new Error(`${url} is not pinned`);
  return { documentUrl: url, contextUrl: null, document: contexts[url] };
}

const NAMES = [
  "a", "b", "c", "T", "U", "ex:d", "known", "degree", "https://example.org/#z", "name", "id", "type", "proofPurpose",
];
const IRIS = [
  "https://example.org/#a", "https://example.org/#b", "https://example.org/ns/", "urn:x:y", "ex:b", "ex:c", "@type", "@id",
  "https://schema.org/name", "relative", "_:b", "@json", "https://example.org/#", null,
];
const TYPES = ["@id", "@vocab", "@json", "@none", "https://example.org/#T", "ex:T", "nope"];
const CONTAINERS = ["@set", "@list", "@language", "@index", "@graph", ["@set", "@index"]];

/** Whether something of this many in a hundred. */
const often = (choices, percent) => choices.below(100) < percent;

function definition(choices, depth) {
  if (often(choices, 45)) return choices.of(IRIS);
  const made = {};
  if (often(choices, 90)) made["@id"] = choices.of(IRIS);
  if (often(choices, 30)) made["@type"] = choices.of(TYPES);
  if (often(choices, 20)) made["@container"] = choices.of(CONTAINERS);
  if (often(choices, 35) && depth < 2) made["@context"] = often(choices, 10) ? null : context(choices, depth + 1);
  if (often(choices, 15)) made["@protected"] = often(choices, 70);
  if (often(choices, 10)) made["@prefix"] = often(choices, 70);
  return made;
}

function context(choices, depth) {
  const made = {};
  if (often(choices, 20)) made["@vocab"] = choices.of(["https://example.org/v#", null]);
  if (often(choices, 15)) made["@protected"] = true;
  if (often(choices, 10)) made["@propagate"] = often(choices, 50);
  if (often(choices, 90)) made.ex = "https://example.org/#";
  for (let terms = 1 + choices.below(3); terms > 0; terms--) made[choices.of(NAMES)] = definition(choices, depth);
  return made;
}

function value(choices, depth) {
  const kind = choices.below(100);
  if (kind < 35) return choices.of(["text", "did:example:a", "https://example.org/b", "a", "ex:q", 1, true]);
  if (kind < 38) return null;
  if (kind < 46) return { "@value": choices.of(["x", 1]), ...(often(choices, 40) ? { "@language": "en" } : {}) };
  if (kind < 58) return [value(choices, depth + 1), value(choices, depth + 1)];
  if (kind < 63) return { en: "x", fr: ["y"] };
  return depth > 3 ? "deep" : node(choices, depth + 1);
}

function node(choices, depth) {
  const made = {};
  if (often(choices, 15)) made["@context"] = choices.of([context(choices, 1), EXAMPLES, null]);
  if (often(choices, 40)) made.id = `did:example:${depth}`;
  if (often(choices, 50)) made.type = choices.of(["T", "U", "ex:T", "JsonSchema", ["T", "U"], "https://example.org/#K"]);
  for (let members = choices.below(4); members > 0; members--) made[choices.of(NAMES)] = value(choices, depth);
  return made;
}

function credential(choices) {
  const inline = Array.from({ length: choices.below(3) }, () => context(choices, 0));
  const listed = often(choices, 15) ? [V2, EXAMPLES, ...inline] : [V2, ...inline];
  const subject = node(choices, 0);
  if (Object.keys(subject).length === 0) subject.id = "did:example:subject";
  return { "@context": listed, type: ["VerifiableCredential"], issuer: "did:example:issuer", credentialSubject: subject };
}

/** Why jsonld refuses a document; undefined when it does not. */
async function refusal(document) {
  try {
    const expanded = await jsonld.expand(document, { documentLoader, safe: true, base: "" });
    await jsonld.toRDF(expanded, { documentLoader, safe: true });
    return undefined;
  } catch (error) {
    return error.details?.event?.code ?? error.details?.code ?? error.name;
  }
}

export async function namesSets() {
  const choices = new Choices("names");
  const cases = [];
  // Most random contexts are refused for the same few reasons: no more of each than is kept of what passes.
  const kept = {};
  while (cases.length < 400) {
    const document = credential(choices);
    const refused = await refusal(document);
    const most = refused === undefined ? 160 : 30;
    kept[refused] = (kept[refused] ?? 0) + 1;
    if (kept[refused] <= most) cases.push({ id: `${cases.length}`, document, ...(refused && { refused }) });
  }
  return [
    {
      path: "json-ld/names.json",
      schema: "json-ld-names-vector.v1",
      packages: ["jsonld", "@digitalbazaar/credentials-context"],
      comment: "Random contexts and what jsonld's safe mode refuses. Members of the data model play no part.",
      fields: {},
      cases,
    },
  ];
}
