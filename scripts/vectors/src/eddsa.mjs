// EdDSA-Poseidon over field-element messages: signatures both libraries accept, and bad ones.

import { createRequire } from "node:module";
import { buildEddsa } from "circomlibjs";
import { L } from "./curve.mjs";
import { badSignatures } from "./eddsa-bad.mjs";
import { R, agree, hex, hexPoint, spread } from "./field.mjs";
import { sign } from "./sign.mjs";

// Its ES module imports a CommonJS package by name, which Node refuses; its CommonJS build loads.
const require = createRequire(import.meta.url);
const { derivePublicKey, deriveSecretScalar, signMessage, verifySignature } = require("@zk-kit/eddsa-poseidon");

const circomlib = await buildEddsa();
const F = circomlib.F;

/** What each library says of a signature, coordinates passed as they are. */
function verdicts({ key, message, r, s }) {
  const say = (accepted) => (accepted ? "accept" : "reject");
  const point = (p) => p.map((c) => F.e(c));
  return {
    "@zk-kit/eddsa-poseidon": say(verifySignature(message, { R8: r, S: s }, key)),
    circomlibjs: say(circomlib.verifyPoseidon(F.e(message), { R8: point(r), S: s }, point(key))),
  };
}

/** One case in wire form, with the libraries' own verdicts. */
function toCase({ name, reason, scalar, ...signed }) {
  const libraries = verdicts(signed);
  if (!reason) agree(name, { expected: "accept", ...libraries });
  return {
    name,
    expect: reason ? "reject" : "accept",
    ...(reason && { reason }),
    ...(scalar !== undefined && { secret_scalar_dec: scalar.toString(), secret_scalar_hex: hex(scalar) }),
    public_key: hexPoint(signed.key),
    message: hex(signed.message),
    signature: { r: hexPoint(signed.r), s: hex(signed.s) },
    s_dec: signed.s.toString(),
    libraries,
  };
}

/** A signature zk-kit makes, which must equal circomlibjs' (both derive key and nonce with Blake-1). */
function libraryMade(message, i) {
  const seed = Buffer.from(hex(spread("eddsa/key", i)).slice(2), "hex");
  const key = derivePublicKey(seed);
  const { R8: r, S: s } = signMessage(seed, message);
  const other = circomlib.signPoseidon(seed, F.e(message));
  agree(`signature ${i}`, {
    "zk-kit": [...key, ...r, s],
    circomlibjs: [...circomlib.prv2pub(seed), ...other.R8].map((c) => F.toObject(c)).concat(other.S),
  });
  return { name: `library-made ${i}`, scalar: deriveSecretScalar(seed), key, message, r, s };
}

/** Signatures under extreme scalars and nonces, which no library would make but both accept. */
function edges() {
  const message = spread("eddsa/edge", 0);
  const nonce = spread("eddsa/edge", 1) % L;
  const scalar = spread("eddsa/edge", 2) % L;
  return [
    { name: "secret scalar 1", scalar: 1n, nonce },
    { name: "secret scalar 2", scalar: 2n, nonce },
    { name: "secret scalar l - 1", scalar: L - 1n, nonce },
    { name: "nonce 1, so that R is Base8", scalar, nonce: 1n },
    { name: "nonce l - 1, so that R is minus Base8", scalar, nonce: L - 1n },
    { name: "R equal to the public key", scalar, nonce: scalar },
  ].map(({ name, scalar, nonce }) => ({ name, scalar, ...sign({ scalar, message, nonce }) }));
}

export function eddsaSets() {
  const messages = [0n, 1n, R - 1n, 1n << 248n, ...Array.from({ length: 6 }, (_, i) => spread("eddsa/message", i))];
  return [
    {
      path: "eddsa/accept.json",
      comment: "signatures that circomlibjs and zk-kit both accept, and so must we",
      cases: [...messages.map(libraryMade), ...edges()].map(toCase),
    },
    {
      path: "eddsa/reject.json",
      comment:
        "signatures we refuse, and why; `libraries` says what circomlibjs and zk-kit make of them: " +
        "where one of them accepts, our rules are stricter on purpose (docs/protocol.md, holder signature)",
      cases: badSignatures().map(toCase),
    },
  ].map((set) => ({
    ...set,
    schema: "eddsa-vector.v1",
    packages: ["@zk-kit/baby-jubjub", "@zk-kit/eddsa-poseidon", "circomlibjs", "poseidon-lite"],
  }));
}
