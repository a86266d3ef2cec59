// Canonical N-Quads (RDFC-1.0 over JSON-LD 1.1) of credentials and presentations, and documents secured with
// eddsa-rdfc-2022. Contexts are the VC 2.0 context and the examples' one; nothing is fetched.

import { createHash } from "node:crypto";
import { named as credentialsContexts } from "@digitalbazaar/credentials-context";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import * as Ed25519Multikey from "@digitalbazaar/ed25519-multikey";
import { cryptosuite } from "@digitalbazaar/eddsa-rdfc-2022-cryptosuite";
import * as vc from "@digitalbazaar/vc";
import jsonld from "jsonld";

const V2 = "https://www.w3.org/ns/credentials/v2";
const EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2";
const CREATED = "2026-11-01T00:00:00Z";
const contexts = {
  [V2]: credentialsContexts.get("v2").context,
  [EXAMPLES]: { "@context": { "@vocab": "https://www.w3.org/ns/credentials/examples#" } },
};

async function documentLoader(url) {
  if (!contexts[url]) throw new Error(`${url} is not pinned`);
  return { documentUrl: url, contextUrl: null, document: contexts[url] };
}

/** Numbers below a bound, the same ones at every run. */
export class Choices {
  constructor(label) {
    this.label = label;
    this.count = 0;
  }

  below(bound) {
    const digest = createHash("sha256").update(`poa test vector/${this.label}/${this.count++}`).digest();
    return digest.readUInt32BE(0) % bound;
  }

  of(items) {
    return items[this.below(items.length)];
  }
}

const VALUES = [
  "a text", "", "é \u2028 😀", "\n\t\r\b\f\"\\", "\u0001\u001f\u007f", true, false, 0, 100, -7, 0.25, -1.5, 1e21,
  { "@value": "Hallo", "@language": "de" }, { "@value": "5", "@type": "http://www.w3.org/2001/XMLSchema#decimal" },
  ["x", "y", "x"], ["b", 1, true],
];

const id = (choices) => choices.of(["urn:uuid:", "did:example:", "https://e.example/"]) + choices.below(6);

function object(choices, depth) {
  const made = {};
  if (choices.below(2)) made.id = id(choices);
  if (choices.below(3)) made.type = choices.of([["A", "B"], "C", "D"]);
  for (let members = choices.below(4); members > 0; members--) {
    const nested = depth > 0 && choices.below(2);
    const value = () => (nested ? object(choices, depth - 1) : choices.of(VALUES));
    made[`p${choices.below(6)}`] = nested && choices.below(3) === 0 ? [value(), value()] : value();
  }
  return made;
}

const PROOF = {
  type: "DataIntegrityProof", cryptosuite: "eddsa-rdfc-2022", created: CREATED,
  verificationMethod: "did:key:z6Mk#z6Mk", proofPurpose: "assertionMethod", proofValue: "z2abc",
};
const INLINE = {
  "@context": {
    q: "urn:q", json: { "@id": "urn:json", "@type": "@json" }, words: { "@id": "urn:words", "@container": "@language" },
    list: { "@id": "urn:list", "@container": "@list" },
  },
  q: 1, json: { b: [1, { a: null }], a: 1.5 }, words: { en: "x", de: ["y", "z"] }, list: ["a", "b", { q: 3 }],
};

function credential(choices) {
  const optional = (make) => (choices.below(3) === 0 ? make() : undefined);
  return {
    "@context": [V2, EXAMPLES],
    id: optional(() => id(choices)),
    type: ["VerifiableCredential", "SomeCredential"],
    issuer: choices.below(2) ? id(choices) : { id: id(choices), name: { "@value": "N", "@language": "en" } },
    validFrom: optional(() => "2026-01-01T00:00:00Z"),
    name: optional(() => [{ "@value": "A", "@language": "en" }, { "@value": "B", "@language": "fr" }]),
    credentialSubject: choices.below(2) ? object(choices, 2) : [object(choices, 1), object(choices, 1)],
    evidence: optional(() => [{ type: "E", ...object(choices, 0) }, { type: "E" }]),
    termsOfUse: optional(() => ({ type: "T", part: [{ type: "Part" }, { type: "Part" }] })),
    credentialSchema: optional(() => ({ id: "https://e.example/s.json", type: "JsonSchema", digestSRI: "sha384-x" })),
    inline: optional(() => INLINE),
    proof: optional(() => PROOF),
  };
}

function presentation(choices) {
  return {
    "@context": [V2, EXAMPLES],
    type: ["VerifiablePresentation"],
    holder: choices.below(2) ? id(choices) : undefined,
    verifiableCredential: choices.below(2) ? [credential(choices)] : [credential(choices), credential(choices)],
  };
}

/** Two credentials that blank nodes tell apart by nothing but the graph they stand in. */
const alike = (number) => ({
  "@context": [V2, EXAMPLES],
  type: "VerifiablePresentation",
  verifiableCredential: ["one", "two"].map((name) => ({
    "@context": [V2, EXAMPLES],
    id: `urn:uuid:${name}-${number}`,
    type: "VerifiableCredential",
    issuer: "did:example:1",
    credentialSubject: { type: "Thing" },
    proof: PROOF,
  })),
});

async function canonical() {
  const choices = new Choices("rdfc");
  const documents = [];
  for (let i = 0; i < 60; i++) documents.push(i % 3 ? credential(choices) : presentation(choices));
  for (let i = 0; i < 12; i++) documents.push(alike(i));
  const cases = [];
  for (const made of documents) {
    const document = JSON.parse(JSON.stringify(made));
    const nquads = await jsonld.canonize(structuredClone(document), {
      algorithm: "RDFC-1.0", format: "application/n-quads", documentLoader, safe: true, canonizeOptions: { maxWorkFactor: Infinity },
    });
    cases.push({ id: `canonical-${String(cases.length + 1).padStart(2, "0")}`, document, nquads });
  }
  return {
    path: "rdfc/canonical.json",
    schema: "rdfc-canonical-vector.v1",
    packages: ["jsonld", "rdf-canonize", "@digitalbazaar/credentials-context"],
    comment: "Documents of random shape, and presentations whose blank nodes differ by their graph alone, as canonical N-Quads",
    cases,
  };
}

async function suite(challenge) {
  const seed = createHash("sha256").update("poa test vector/eddsa-rdfc-2022").digest();
  const pair = await Ed25519Multikey.generate({ seed: new Uint8Array(seed) });
  const did = `did:key:${pair.publicKeyMultibase}`;
  const signer = { ...pair.signer(), id: `${did}#${pair.publicKeyMultibase}` };
  return { did, suite: new DataIntegrityProof({ signer, cryptosuite, date: CREATED }), documentLoader, ...challenge };
}

async function secured() {
  const { did, ...options } = await suite();
  const credentialOf = async (number) =>
    vc.issue({
      credential: {
        "@context": [V2, EXAMPLES], id: `urn:uuid:secured-${number}`, type: ["VerifiableCredential", "AlumniCredential"],
        issuer: did, validFrom: "2026-01-01T00:00:00Z",
        credentialSubject: { id: "did:example:subject", alumniOf: `School ${number}` },
      },
      ...options,
    });
  const present = async (verifiableCredential, challenge) =>
    vc.signPresentation({
      presentation: vc.createPresentation({ holder: did, verifiableCredential, version: 2.0 }),
      ...challenge, ...options,
    });
  const binding = { challenge: "3f0c7a0e-93f4-4a0e-8ed5-2f3f0d8f8a11", domain: "https://verifier.example" };
  const documents = [
    ["credential", await credentialOf(1)],
    ["presentation", await present([await credentialOf(1)], binding)],
    ["presentation", await present([await credentialOf(1), await credentialOf(2)], binding)],
  ];
  const cases = documents.map(([kind, document], i) => ({ id: `secured-${i + 1}`, kind, document }));
  return {
    path: "rdfc/secured.json",
    schema: "rdfc-secured-vector.v1",
    packages: [
      "@digitalbazaar/vc", "@digitalbazaar/data-integrity", "@digitalbazaar/eddsa-rdfc-2022-cryptosuite",
      "@digitalbazaar/ed25519-multikey", "jsonld",
    ],
    comment: "Documents signed with eddsa-rdfc-2022 by a did:key whose seed is SHA-256(\"poa test vector/eddsa-rdfc-2022\")",
    cases,
  };
}

export async function rdfcSets() {
  return [await canonical(), await secured()];
}
