// Has other people's software verify what a running service issues (see live.sh).
//
//   node live.mjs POA DATA_DIR CONTEXTS_DIR

import assert from "node:assert/strict";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { DataIntegrityProof } from "@digitalbazaar/data-integrity";
import * as Ed25519Multikey from "@digitalbazaar/ed25519-multikey";
import { createVerifyCryptosuite } from "@digitalbazaar/eddsa-jcs-2022-cryptosuite";
import * as vc from "@digitalbazaar/vc";
import { checkStatus, decodeList } from "@digitalbazaar/vc-bitstring-status-list";
import { getListFromStatusListJWT } from "@sd-jwt/jwt-status-list";
import { SignJWT, compactVerify, createLocalJWKSet, importJWK, jwtVerify } from "jose";
import jsonld from "jsonld";
import { PUBLISHED, documentLoader } from "./contexts.mjs";
import { Service, Unchecked } from "./service.mjs";

const [binary, data, contexts] = process.argv.slice(2);
/** Contexts that the verifier has inside, and what they are published as. */
const PINNED = {
  "credentials-v2": "https://www.w3.org/ns/credentials/v2",
  "credentials-undefined-terms-v2": "https://www.w3.org/ns/credentials/undefined-terms/v2",
  "data-integrity-v2": "https://w3id.org/security/data-integrity/v2",
  "did-v1": "https://www.w3.org/ns/did/v1",
  "multikey-v1": "https://w3id.org/security/multikey/v1",
};
let failed = 0;
let passed = 0;

/** Runs one case; an assertion that fails is reported and the next case runs. */
async function check(name, run) {
  try {
    await run();
    passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    if (error instanceof Unchecked) throw error;
    failed += 1;
    console.log(`FAIL  ${name}: ${error.message}`);
  }
}

/** The issuer's side: agents with receipts, their credentials. */
class Issuer {
  constructor(service) {
    this.service = service;
  }

  async start() {
    this.attestor = await newKey();
    const attestor = { name: "board", ed25519_public_key: this.attestor.multikey };
    await this.service.operator("POST", "/attestors", attestor);
    return this;
  }

  /** Registers an agent in the service's custody, with a receipt, and issues a credential to it. */
  async credential() {
    const { multikey } = await newKey();
    const body = { name: "agent", custody: "issuer", ed25519_public_key: multikey, build_sha256: "ab".repeat(32) };
    const { agent, id } = await this.service.operator("POST", "/agents", body);
    const answer = await this.service.post("/attestations", { attestations: [await this.#receipt(agent)] });
    assert.equal(answer.status, 201, answer.text);
    const schema = "task_completion/1";
    const predicates = { tasks_completed: { atLeast: "100" } };
    const issued = await eventually(() => this.service.operator("POST", "/zk-credentials", { agent, schema, predicates }));
    return { agent: id, did: agent, document: issued, path: `/zk-credentials/${issued.id.split("/").at(-1)}` };
  }

  async #receipt(agent) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { attempted: 150, completed: 120, quality: 9000, earned_sats: "25000", period_end: now - 1000 };
    return new SignJWT(claims)
      .setProtectedHeader({ alg: "EdDSA", typ: "poa-attestation+jwt", kid: `did:key:${this.attestor.multikey}` })
      .setIssuer(`did:key:${this.attestor.multikey}`)
      .setSubject(agent)
      .setIssuedAt(now)
      .setJti(randomUUID())
      .sign(this.attestor.privateKey);
  }
}

async function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const key = await Ed25519Multikey.fromJwk({ jwk: publicKey.export({ format: "jwk" }) });
  return { privateKey, multikey: (await key.export({ publicKey: true })).publicKeyMultibase };
}

/** The first answer that is no refusal; heads are published every second. */
async function eventually(run) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (attempt === 40) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** The other side: software that knows the service's URL and nothing else of it. */
class Verifier {
  constructor(service) {
    this.service = service;
    this.load = documentLoader(service.url);
    this.suite = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() });
  }

  fetch(path, accept) {
    return this.service.get(path, { accept });
  }

  /** `@digitalbazaar/vc` with the status looked up by `@digitalbazaar/vc-bitstring-status-list`. */
  credential(credential) {
    const options = { suite: this.suite, documentLoader: this.load };
    const status = async (asked) => {
      const result = await checkStatus({ ...options, ...asked });
      // The package says what the bits are; that a set one is bad news is the caller's part.
      const set = result.results?.some((entry) => entry.status);
      return { ...result, verified: result.verified && !set, error: set ? new Error("revoked") : result.error };
    };
    return vc.verifyCredential({ ...options, credential, checkStatus: status });
  }

  /** JSON-LD expansion, where a term that no context defines is an error. */
  async expanded(document) {
    const options = { documentLoader: this.load, safe: true };
    const [expanded] = await jsonld.expand(document, options);
    assert.ok((await jsonld.canonize(document, { ...options, algorithm: "RDFC-1.0" })).length > 100);
    return expanded;
  }

  /** jose, with the key set of the issuer. */
  async jwt(text, typ) {
    const keys = createLocalJWKSet((await this.fetch("/.well-known/jwks.json", "*/*")).json);
    return jwtVerify(text, keys, { algorithms: ["EdDSA"], typ });
  }

  /** jose, with the key of the method that `kid` names in the issuer's DID document. */
  async jwtByDid(text) {
    const header = JSON.parse(Buffer.from(text.split(".")[0], "base64url"));
    const { document } = await this.load(header.kid.split("#")[0]);
    const method = document.verificationMethod.find(({ id }) => id === header.kid);
    assert.ok(document.assertionMethod.includes(method?.id), "kid is no assertion method");
    assert.equal(method.type, "JsonWebKey");
    const { payload } = await compactVerify(text, await importJWK(method.publicKeyJwk, "EdDSA"));
    return { header, claims: JSON.parse(new TextDecoder().decode(payload)) };
  }

  async tokenStatus(index) {
    const answer = await this.fetch("/status-lists/token", "application/statuslist+jwt");
    assert.equal(answer.headers.get("content-type"), "application/statuslist+jwt");
    const { payload } = await this.jwt(answer.text, "statuslist+jwt");
    assert.equal(payload.sub, `${this.service.url}/status-lists/token`);
    return getListFromStatusListJWT(answer.text).getStatus(index);
  }

  async bit(purpose, index) {
    const { document } = await this.load(`${this.service.url}/status-lists/${purpose}`);
    return (await decodeList(document.credentialSubject)).getStatus(index);
  }
}

function verified(result) {
  assert.equal(result.verified, true, result.error?.errors?.map(String).join("; ") ?? String(result.error));
}

function refused(result) {
  assert.equal(result.verified, false);
}

/** A copy with one member changed. */
function altered(document, change) {
  const copy = structuredClone(document);
  change(copy);
  return copy;
}

const TAMPERINGS = {
  "a bound raised": (c) => (c.credentialSubject.tasks_completed.atLeast = "200"),
  "another subject": (c) => (c.credentialSubject.id = c.credentialSubject.id.replace(/.$/, (d) => (d === "0" ? "1" : "0"))),
  "a later end": (c) => (c.validUntil = "2999-01-01T00:00:00Z"),
  "another index": (c) => (c.credentialStatus[0].statusListIndex += "1"),
  "a member more": (c) => (c.name = "a name"),
};

async function credentials(issuer, verifier) {
  const { document, path } = await issuer.credential();
  const alone = JSON.parse((await verifier.fetch(path, "application/vc")).text);
  await check("@digitalbazaar/vc verifies the issuer's proof alone", async () => {
    assert.equal(alone.proof.cryptosuite, "eddsa-jcs-2022");
    verified(await verifier.credential(alone));
  });
  await check("@digitalbazaar/vc verifies it among both proofs", async () => {
    assert.equal(document.proof.length, 2);
    verified(await verifier.credential(document));
  });
  for (const [name, change] of Object.entries(TAMPERINGS)) {
    await check(`@digitalbazaar/vc refuses ${name}`, async () => {
      const result = await verifier.credential(altered(alone, change));
      refused(result);
      assert.ok(result.results.some((proof) => !proof.verified), "the proof does not verify");
    });
  }
  await check("every term of a credential is mapped by its contexts", async () => {
    const expanded = await verifier.expanded(document);
    assert.ok(expanded["@type"].includes("urn:poa:vocab#AgentReputationCredential"));
    await assert.rejects(verifier.expanded({ ...document, unmapped: 1 }));
    const inside = altered(document, (c) => (c.credentialSubject.unmapped = 1));
    await assert.rejects(verifier.expanded(inside));
  });
  await enveloped(verifier, path, document);
}

async function enveloped(verifier, path, document) {
  const answer = await verifier.fetch(path, "application/vc+jwt");
  const { proof, ...unsigned } = document;
  await check("jose verifies application/vc+jwt with the key set and with the DID document", async () => {
    assert.equal(answer.headers.get("content-type"), "application/vc+jwt");
    const { payload, protectedHeader } = await verifier.jwt(answer.text, "vc+jwt");
    assert.deepEqual(payload, unsigned);
    assert.equal(protectedHeader.cty, "vc");
    const { header, claims } = await verifier.jwtByDid(answer.text);
    assert.equal(header.typ, "vc+jwt");
    assert.deepEqual(claims, unsigned);
  });
  await check("jose refuses an altered payload and another typ", async () => {
    const [header, payload, signature] = answer.text.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url"));
    for (const change of Object.values(TAMPERINGS)) {
      const other = Buffer.from(JSON.stringify(altered(claims, change))).toString("base64url");
      await assert.rejects(verifier.jwt(`${header}.${other}.${signature}`, "vc+jwt"), { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" });
    }
    await assert.rejects(verifier.jwt(answer.text, "vp+jwt"));
  });
  await check("the enveloped status list is the list", async () => {
    const jwt = await verifier.fetch("/status-lists/revocation", "application/vc+jwt");
    const { claims } = await verifier.jwtByDid(jwt.text);
    assert.deepEqual(claims.type, ["VerifiableCredential", "BitstringStatusListCredential"]);
  });
}

async function statusLists(issuer, verifier) {
  const [clear, revoked, suspended] = [await issuer.credential(), await issuer.credential(), await issuer.credential()];
  const index = ({ document }) => Number(document.credentialStatus[0].statusListIndex);
  const states = async (...all) =>
    Promise.all(all.map(async (c) => [await verifier.bit("revocation", index(c)), await verifier.bit("suspension", index(c)), await verifier.tokenStatus(index(c))]));
  const good = [false, false, 0];
  await check("independent decoders find both encodings clear at first", async () => {
    assert.deepEqual(await states(clear, revoked, suspended), [good, good, good]);
  });
  await issuer.service.operator("DELETE", revoked.path);
  await issuer.service.operator("POST", `/agents/${suspended.agent}/suspend`);
  await check("independent decoders find the revoked and the suspended one in both encodings", async () => {
    const expected = [good, [true, false, 1], [false, true, 2]];
    await eventually(async () => assert.deepEqual(await states(clear, revoked, suspended), expected));
  });
  await check("@digitalbazaar/vc refuses the revoked and the suspended one by their status alone", async () => {
    verified(await verifier.credential(clear.document));
    for (const { document } of [revoked, suspended]) {
      const result = await verifier.credential(document);
      refused(result);
      assert.ok(result.results.every((proof) => proof.verified), "the proof itself still verifies");
    }
  });
  await check("the lists are gzip and zlib of at least 131,072 entries, and signed", async () => {
    const { document } = await verifier.load(`${issuer.service.url}/status-lists/revocation`);
    const bits = gunzipSync(Buffer.from(document.credentialSubject.encodedList.slice(1), "base64url"));
    assert.ok(bits.length * 8 >= 131_072);
    const options = { suite: verifier.suite, documentLoader: verifier.load };
    verified(await vc.verifyCredential({ ...options, credential: document }));
    const forged = altered(document, (list) => (list.credentialSubject.encodedList = clearList(bits.length)));
    refused(await vc.verifyCredential({ ...options, credential: forged }));
    await verifier.expanded(document);
  });
  await check("jose refuses a token status list with another payload", async () => {
    const [header, payload, signature] = (await verifier.fetch("/status-lists/token", "*/*")).text.split(".");
    const claims = { ...JSON.parse(Buffer.from(payload, "base64url")), exp: 4102444800 };
    const other = Buffer.from(JSON.stringify(claims)).toString("base64url");
    await assert.rejects(verifier.jwt(`${header}.${other}.${signature}`, "statuslist+jwt"));
  });
}

function clearList(bytes) {
  return `u${gzipSync(Buffer.alloc(bytes)).toString("base64url")}`;
}

async function dids(issuer, verifier) {
  const { did } = await issuer.credential();
  const { document } = await verifier.load(did);
  const web = `did:web:${new URL(issuer.service.url).host.replace(":", "%3A")}`;
  await check("the DID documents are JSON-LD without unmapped terms", async () => {
    for (const each of [document, (await verifier.load(web)).document, await wellKnown(verifier)]) {
      await verifier.expanded(each);
    }
  });
  await check("did.json is what the DID resolves to", async () => {
    assert.deepEqual(await wellKnown(verifier), (await verifier.load(web)).document);
  });
  await check("a verification method dereferences to itself", async () => {
    const [method] = document.verificationMethod;
    const { "@context": contexts, ...rest } = (await verifier.load(method.id)).document;
    assert.deepEqual(rest, method);
    assert.deepEqual(contexts, document["@context"]);
    const key = await Ed25519Multikey.from(method);
    assert.equal(key.controller, did);
  });
}

/** What the verifier takes a term for is what others take it for. */
async function pinnedContexts(verifier) {
  const pinned = (name) => JSON.parse(readFileSync(join(contexts, `${name}.jsonld`), "utf8"));
  for (const [name, url] of Object.entries(PINNED)) {
    await check(`the pinned context ${name} is the published one`, () => {
      assert.deepEqual(pinned(name), JSON.parse(JSON.stringify(PUBLISHED.get(url))));
    });
  }
  await check("the service's own context is the pinned one", async () => {
    const { document } = await verifier.load(`${verifier.service.url}/contexts/poa/v1`);
    assert.deepEqual(document, pinned("poa-v1"));
  });
}

async function wellKnown(verifier) {
  return (await verifier.fetch("/.well-known/did.json", "*/*")).json;
}

async function run(service) {
  const issuer = await new Issuer(service).start();
  const verifier = new Verifier(service);
  await credentials(issuer, verifier);
  await statusLists(issuer, verifier);
  await dids(issuer, verifier);
  await pinnedContexts(verifier);
}

let service;
try {
  service = await Service.start(binary, data);
  await run(service);
} catch (error) {
  console.error(error instanceof Unchecked ? `could not check: ${error.message}` : error);
  process.exitCode = 2;
} finally {
  await service?.stop();
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
