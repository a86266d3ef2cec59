// Claims, verifies and revokes documents of a running service with wallets' code (see live.sh).
//
//   node live.mjs POA PYTHON DATA_DIR

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { inflateSync } from "node:zlib";
import { Keyring } from "@polkadot/keyring";
import { stringToU8a, u8aToHex, u8aWrapBytes } from "@polkadot/util";
import { cryptoWaitReady, encodeAddress, evmToAddress, keccakAsU8a, secp256k1Expand } from "@polkadot/util-crypto";
import { compactVerify, importJWK, jwtVerify } from "jose";
import { Service, Unchecked } from "./service.mjs";

const PREFIX = 42;
const WORDS = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
const [binary, python, data] = process.argv.slice(2);

let failed = 0;
let passed = 0;

/** Runs one case; an assertion that fails is reported and the next case runs. */
async function check(name, run) {
  try {
    const result = await run();
    passed += 1;
    console.log(`ok    ${name}`);
    return result;
  } catch (error) {
    if (error instanceof Unchecked) throw error;
    failed += 1;
    console.log(`FAIL  ${name}: ${error.message}`);
    return undefined;
  }
}

function pairOf(type, path) {
  const derivation = type === "ethereum" ? `${WORDS}/m/44'/60'/0'/0/${path}` : `${WORDS}//poa${path}`;
  return new Keyring({ type, ss58Format: PREFIX }).addFromUri(derivation);
}

/** Who may stand on the chain as controller for a key pair, by name. */
function accounts(pair) {
  if (pair.type !== "ethereum") return { [pair.type]: pair.address };
  const padded = new Uint8Array(32);
  padded.set(pair.addressRaw, 12);
  return {
    "ethereum, mapped": evmToAddress(pair.addressRaw, PREFIX),
    "ethereum, padded": encodeAddress(padded, PREFIX),
    "ethereum, hash of the key": encodeAddress(keccakAsU8a(secp256k1Expand(pair.publicKey)), PREFIX),
  };
}

function sign(pair, message, { wrapped = false, prefixed = true, withType = false } = {}) {
  const signature = u8aToHex(pair.sign(wrapped ? u8aWrapBytes(message) : stringToU8a(message), { withType }));
  return prefixed ? signature : signature.slice(2);
}

function refused(answer, status, error) {
  assert.deepEqual([answer.status, answer.json?.error], [status, error], answer.text);
}

function answered(answer) {
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

class Client {
  #agents = 0;

  constructor(service) {
    this.service = service;
  }

  freshAgent() {
    return pairOf("sr25519", `//agent//${++this.#agents}`);
  }

  /** Registers a new agent under a controller (null for none) and gives its address. */
  async register(controller, members = {}, pair = this.freshAgent()) {
    const abg = { models: ["m-1"], tools: ["search"], intentTypes: ["answer"], subAgents: [] };
    const agent = { agentId: pair.address, name: `Agent ${this.#agents}`, abg, controller, seusBalance: "1000000" };
    await this.service.operator("POST", "/poa/registry/agents", { ...agent, ...members });
    return pair.address;
  }

  async challenge(agentId, action) {
    const challenge = answered(await this.service.post("/poa/api/challenge", action ? { agentId, action } : { agentId }));
    const act = action === "revoke" ? "poa-revoke" : "poa";
    assert.equal(challenge.message, `${act}:${agentId}:${challenge.nonce}`);
    assert.equal(challenge.agentId, agentId);
    assert.match(challenge.nonce, /^[0-9a-f]{64}$/);
    const left = challenge.expiresAt - Date.now();
    assert.ok(left > 280_000 && left <= 301_000, `a challenge of ${left} ms`);
    return challenge;
  }

  issue(agentId, nonce, signatureHex, options) {
    return this.service.post("/poa/api/issue", { agentId, controllerSig: { nonce, signatureHex } }, options);
  }

  revoke(agentId, nonce, signatureHex) {
    return this.service.post("/poa/api/revoke", { agentId, nonce, signatureHex });
  }

  /** Challenge, signature, issue, fetch: the document of an agent. */
  async claim(agentId, pair, form) {
    const { nonce, message } = await this.challenge(agentId);
    const signature = sign(pair, message, form);
    const issued = answered(await this.issue(agentId, nonce, signature));
    assert.equal(issued.agentId, agentId);
    assert.equal(issued.credentialUrl, `${this.service.url}/poa/api/credential/${issued.jti}`);
    assert.equal(issued.pageUrl, `${this.service.url}/poa/${agentId}`);
    const path = `/poa/api/credential/${issued.jti}`;
    const raw = await this.service.get(path, { accept: "application/jose" });
    assert.equal(raw.headers.get("content-type"), "application/jose");
    const stored = answered(await this.service.get(path));
    assert.equal(stored.jws, raw.text);
    assert.equal(stored.revoked, false);
    assert.equal(stored.issuedAt, issued.issuedAt);
    return { ...issued, jws: raw.text, claims: stored.claims, nonce, signature };
  }

  async verify(jws) {
    const answer = answered(await this.service.post("/poa/api/verify", { jws }));
    assert.equal(answer.valid, true);
    return answer;
  }
}

/** The published recipe with jose: the first key of the JWKS, whatever its id. */
async function verifyWithJose(jwksUrl, jws) {
  const jwks = await (await fetch(jwksUrl)).json();
  const first = jwks.keys[0];
  const { payload, protectedHeader } = await compactVerify(jws, await importJWK(first, "EdDSA"));
  assert.deepEqual(protectedHeader, { alg: "EdDSA", kid: first.kid, typ: "poa+jws" });
  for (const [member, value] of Object.entries({ kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig" })) {
    assert.equal(first[member], value);
  }
  await assert.rejects(jwtVerify(jws, await importJWK(jwks.keys[1], "EdDSA")), "another key verifies it");
  return JSON.parse(new TextDecoder().decode(payload));
}

/** The same with PyJWT, in one run. */
function verifyWithPython(jwksUrl, documents) {
  const input = documents.join("\n") + "\n";
  const run = spawnSync(python, ["verify.py", jwksUrl], { input, encoding: "utf8", maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Unchecked(`verify.py: ${run.error?.message ?? run.stderr}`);
  return run.stdout.trim().split("\n").map((line) => JSON.parse(line));
}

/** A copy with one character inside a part changed. */
function altered(jws, part) {
  const parts = jws.split(".");
  const place = parts[part].length >> 1;
  const other = parts[part][place] === "A" ? "B" : "A";
  parts[part] = parts[part].slice(0, place) + other + parts[part].slice(place + 1);
  return parts.join(".");
}

async function lifeCycles(client, jwksUrl) {
  const { service } = client;
  const documents = [];
  for (const pair of ["sr25519", "ed25519", "ecdsa", "ethereum"].map((type) => pairOf(type, "0"))) {
    for (const [name, controller] of Object.entries(accounts(pair))) {
      for (let bits = 0; bits < 8; bits += 1) {
        const form = { wrapped: (bits & 1) !== 0, prefixed: (bits & 2) === 0, withType: (bits & 4) !== 0 };
        const words = [form.wrapped ? "<Bytes>" : "raw", form.prefixed ? "0x" : "no 0x", form.withType ? "typed" : "untyped"];
        const label = `${name}; ${words.join(", ")}`;
        await check(`claim: ${label}`, async () => {
          const agentId = await client.register(controller);
          const document = await client.claim(agentId, pair, form);
          const claims = await verifyWithJose(jwksUrl, document.jws);
          assert.deepEqual(claims, document.claims);
          assert.equal(claims.sub, agentId);
          assert.equal(claims.agent.agentId, agentId);
          assert.equal(claims.agent.controller, controller);
          assert.equal(claims.jti, document.jti);
          assert.equal(claims.iat * 1000, document.issuedAt);
          assert.equal(claims.policy.revocationListUrl, `${service.url}/poa/api/revoked`);
          assert.equal(claims.policy.refreshHint, "event-driven");
          const { kind, controllerSig, nonce, scheme } = claims.attestation;
          assert.deepEqual(
            { kind, controllerSig, nonce, scheme, controller: claims.attestation.controller },
            { kind: "controller-attested", controllerSig: document.signature, nonce: document.nonce, scheme: pair.type, controller },
          );
          const verified = await client.verify(document.jws);
          assert.deepEqual(verified.freshness, { status: "current" });
          assert.deepEqual(verified.claims, claims);
          documents.push({ ...document, label, pair, form, claims });
        });
      }
    }
  }
  return documents;
}

async function withPython(documents, jwksUrl) {
  await check(`PyJWT verifies all ${documents.length} documents and refuses them altered`, () => {
    const good = verifyWithPython(jwksUrl, documents.map(({ jws }) => jws));
    assert.deepEqual(good, documents.map(({ claims }) => claims));
    const copies = documents.flatMap(({ jws }) => [altered(jws, 1), altered(jws, 2)]);
    assert.ok(verifyWithPython(jwksUrl, copies).every((claims) => claims === null), "an altered copy verifies");
  });
  await check("jose refuses them altered", async () => {
    for (const { jws } of documents) {
      for (const copy of [altered(jws, 1), altered(jws, 2)]) await assert.rejects(verifyWithJose(jwksUrl, copy));
    }
  });
}

async function revocations(client, documents) {
  const { service } = client;
  for (const [index, document] of documents.entries()) {
    // Published clients know the plain challenge and make the line to sign themselves.
    const plain = index % 2 === 0;
    await check(`revoke: ${document.label}`, async () => {
      const { agentId, pair, form, jti } = document;
      const { nonce } = await client.challenge(agentId, plain ? undefined : "revoke");
      const answer = await client.revoke(agentId, nonce, sign(pair, `poa-revoke:${agentId}:${nonce}`, form));
      const { revokedAt, ...rest } = answered(answer);
      assert.deepEqual(rest, { jti, agentId, reason: "operator-revoked" });
      const listed = answered(await service.get("/poa/api/revoked"));
      assert.equal(listed.issuer, document.claims.iss);
      const { reason, at, agentId: about } = listed.revoked.find((entry) => entry.jti === jti) ?? {};
      assert.deepEqual({ reason, at, about }, { reason: "operator-revoked", at: revokedAt, about: agentId });
      const verified = await client.verify(document.jws);
      assert.deepEqual(verified.freshness, { status: "revoked", reason: "operator-revoked" });
      const stored = answered(await service.get(`/poa/api/credential/${jti}`)).revoked;
      assert.deepEqual([stored.reason, stored.at], ["operator-revoked", revokedAt]);
      const again = await client.challenge(agentId);
      const signature = sign(pair, `poa-revoke:${agentId}:${again.nonce}`, form);
      refused(await client.revoke(agentId, again.nonce, signature), 409, "already-revoked");
    });
  }
}

/** The token status list, read with jose and zlib: the number an index has. */
async function publishedStatus(service, claims) {
  const { idx, uri } = claims.status.status_list;
  const { keys } = await (await fetch(`${service.url}/poa/.well-known/jwks.json`)).json();
  const { payload } = await jwtVerify(await (await fetch(uri)).text(), await importJWK(keys[1], "EdDSA"), {
    typ: "statuslist+jwt",
    subject: uri,
  });
  const { bits, lst } = payload.status_list;
  const bytes = inflateSync(Buffer.from(lst, "base64url"));
  return (bytes[(idx * bits) >> 3] >> ((idx * bits) & 7)) & ((1 << bits) - 1);
}

async function eventually(claims, service, wanted) {
  const end = Date.now() + 20_000;
  for (;;) {
    const found = await publishedStatus(service, claims);
    if (found === wanted) return;
    assert.ok(Date.now() < end, `the status list says ${found} after 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function refusals(client) {
  const { service } = client;
  const pair = pairOf("sr25519", "0");
  const stranger = pairOf("sr25519", "//stranger");
  const agentId = await client.register(pair.address);
  const other = await client.register(pair.address);
  const unknown = ["challenge-expired-or-unknown", 400];
  const expired = (answer) => refused(answer, unknown[1], unknown[0]);

  await check("issue: another key's signature, and the nonce is used up", async () => {
    for (const type of ["sr25519", "ed25519", "ecdsa", "ethereum"]) {
      const { nonce, message } = await client.challenge(agentId);
      const wrong = sign(pairOf(type, type === "ethereum" ? "7" : "//stranger"), message);
      refused(await client.issue(agentId, nonce, wrong), 401, "invalid-controller-signature");
      expired(await client.issue(agentId, nonce, sign(pair, message)));
    }
  });
  await check("issue: another agent's nonce, and it is used up", async () => {
    const { nonce, message } = await client.challenge(other);
    refused(await client.issue(agentId, nonce, sign(pair, `poa:${agentId}:${nonce}`)), 400, "challenge-agent-mismatch");
    expired(await client.issue(other, nonce, sign(pair, message)));
  });
  await check("issue: a signature for another agent or for revoking", async () => {
    for (const line of [(nonce) => `poa:${other}:${nonce}`, (nonce) => `poa-revoke:${agentId}:${nonce}`]) {
      const { nonce } = await client.challenge(agentId);
      refused(await client.issue(agentId, nonce, sign(pair, line(nonce))), 401, "invalid-controller-signature");
    }
  });
  await check("issue: a nonce nobody gave out, and one given out for revoking", async () => {
    const made = "00".repeat(32);
    expired(await client.issue(agentId, made, sign(pair, `poa:${agentId}:${made}`)));
    const { nonce } = await client.challenge(agentId, "revoke");
    expired(await client.issue(agentId, nonce, sign(pair, `poa:${agentId}:${nonce}`)));
  });
  await check("revoke: no document yet", async () => {
    const { nonce } = await client.challenge(other);
    refused(await client.revoke(other, nonce, sign(pair, `poa-revoke:${other}:${nonce}`)), 404, "no-active-credential");
  });

  const first = await check("issue: a nonce twice", async () => {
    const document = await client.claim(agentId, pair);
    expired(await client.issue(agentId, document.nonce, document.signature));
    return document;
  });
  await check("issue: twenty claims with one nonce give one document", async () => {
    const { nonce, message } = await client.challenge(agentId);
    const signature = sign(pair, message);
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.issue(agentId, nonce, signature)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    answers.filter(({ status }) => status !== 200).forEach(expired);
  });
  await check("the older document is superseded, in the list too", async () => {
    const { freshness } = await client.verify(first.jws);
    assert.deepEqual(freshness, { status: "revoked", reason: "superseded" });
    await eventually(first.claims, service, 1);
  });
  await check("revoke: another key's signature, the issue line, another agent's nonce, a nonce twice", async () => {
    const line = (nonce) => `poa-revoke:${agentId}:${nonce}`;
    let { nonce } = await client.challenge(agentId);
    refused(await client.revoke(agentId, nonce, sign(stranger, line(nonce))), 401, "signature-invalid");
    expired(await client.revoke(agentId, nonce, sign(pair, line(nonce))));
    ({ nonce } = await client.challenge(agentId));
    refused(await client.revoke(agentId, nonce, sign(pair, `poa:${agentId}:${nonce}`)), 401, "signature-invalid");
    ({ nonce } = await client.challenge(other));
    refused(await client.revoke(agentId, nonce, sign(pair, line(nonce))), 400, "challenge-agent-mismatch");
    ({ nonce } = await client.challenge(agentId));
    answered(await client.revoke(agentId, nonce, sign(pair, line(nonce))));
    expired(await client.revoke(agentId, nonce, sign(pair, line(nonce))));
  });
  await check("issue: what the agent must be", async () => {
    refused(await service.post("/poa/api/issue", { agentId }), 401, "controller-signature-required");
    const cases = [
      [client.freshAgent().address, 404, "agent-not-registered"],
      [await client.register(pair.address, { seusBalance: "0" }), 403, "agent-balance-zero"],
      [await client.register(null), 409, "controller-missing-on-chain"],
    ];
    for (const [agent, status, code] of cases) {
      const { nonce, message } = await client.challenge(agent);
      refused(await client.issue(agent, nonce, sign(pair, message)), status, code);
    }
  });
  await check("issue: the agent changed since the challenge", async () => {
    const { nonce, message } = await client.challenge(other);
    await service.operator("POST", `/poa/registry/agents/${other}/abg`, { abg: { models: ["m-2"] } });
    refused(await client.issue(other, nonce, sign(pair, message)), 409, "snapshot-changed");
  });
  await check("a sovereign agent signs for itself and cannot revoke", async () => {
    const self = client.freshAgent();
    const sovereign = await client.register(null, { sovereign: true }, self);
    const { jws, claims } = await client.claim(sovereign, self);
    assert.equal(claims.attestation.kind, "self-attested");
    assert.equal((await client.verify(jws)).freshness.status, "current");
    const { nonce } = await client.challenge(sovereign);
    const signature = sign(self, `poa-revoke:${sovereign}:${nonce}`);
    refused(await client.revoke(sovereign, nonce, signature), 403, "sovereign-agent-cannot-revoke");
  });
  await check("bodies out of form", async () => {
    const post = (path, body) => service.post(`/poa/api/${path}`, body);
    const nonce = "00".repeat(32);
    for (const call of ["challenge", "issue", "revoke"]) {
      refused(await post(call, "{"), 400, "invalid-json");
      refused(await post(call, {}), 400, "agentId-required");
      const broken = agentId.slice(0, -1) + (agentId.endsWith("a") ? "b" : "a");
      for (const bad of ["x", broken, encodeAddress(pair.publicKey, 0)]) {
        refused(await post(call, { agentId: bad }), 400, "agentId-invalid-format");
      }
    }
    for (const signatureHex of ["zz", "0x00", ""]) {
      refused(await client.issue(agentId, nonce, signatureHex), 400, "controllerSig-malformed");
      refused(await client.revoke(agentId, nonce, signatureHex), 400, "signature-malformed");
    }
    refused(await post("revoke", { agentId, signatureHex: "00".repeat(64) }), 400, "nonce-required");
  });
  await check("verify: what is no document", async () => {
    const unread = async (body, status, reason) => {
      const answer = await service.post("/poa/api/verify", body);
      assert.deepEqual([answer.status, answer.json.valid, answer.json.reason], [status, false, reason]);
    };
    await unread(altered(first.jws, 2), 400, "invalid-body");
    await unread({ jws: altered(first.jws, 1) }, 400, "signature-invalid");
    await unread({ jws: altered(first.jws, 2) }, 400, "signature-invalid");
    await unread({}, 400, "jws-required");
    await unread({ jws: "a".repeat(32 * 1024 + 1) }, 413, "jws-too-large");
    const raw = await service.post("/poa/api/verify", first.jws, { headers: { "content-type": "application/jose" } });
    assert.equal(answered(raw).valid, true);
  });
  await check("limits of one client: challenge 20, issue 5, revoke 10, verify 60", async () => {
    for (const [call, calls] of Object.entries({ challenge: 20, issue: 5, revoke: 10, verify: 60 })) {
      const options = { client: "10.9.0.1" };
      for (let number = 0; number < calls; number += 1) {
        assert.notEqual((await service.post(`/poa/api/${call}`, {}, options)).status, 429, `${call} ${number}`);
      }
      // Calls come back one by one while these are made, verify's one a second: a slow machine gets some more.
      let answer = await service.post(`/poa/api/${call}`, {}, options);
      for (let more = 0; more < calls / 2 && answer.status !== 429; more += 1) {
        answer = await service.post(`/poa/api/${call}`, {}, options);
      }
      refused(answer, 429, "rate-limited");
      assert.equal(answer.headers.get("retry-after"), String(answer.json.retryAfterSec));
    }
  });
}

async function main() {
  await cryptoWaitReady();
  const service = await Service.start(binary, data);
  try {
    const client = new Client(service);
    const jwksUrl = `${service.url}/poa/.well-known/jwks.json`;
    const documents = await lifeCycles(client, jwksUrl);
    await withPython(documents, jwksUrl);
    await revocations(client, documents);
    await check("the token status list has them all revoked", async () => {
      for (const { claims } of documents) await eventually(claims, service, 1);
    });
    await refusals(client);
  } finally {
    await service.stop();
  }
  console.log(failed === 0 ? `all ${passed} cases as published` : `${failed} of ${passed + failed} cases failed`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Unchecked ? error.message : error);
  process.exit(2);
}
