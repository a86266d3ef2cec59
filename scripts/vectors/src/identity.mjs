// Holder keys: BabyJubJub multiples of Base8, and Semaphore v4 identities over them.

import { Identity } from "@semaphore-protocol/identity";
import { A, BASE8, D, GENERATOR, IDENTITY, L, ORDER, SMALL_ORDER, add, inSubgroup, multiply, onCurve } from "./curve.mjs";
import { R, agree, hex, hexPoint, spread } from "./field.mjs";

const SPREAD_KEYS = 8;

const scalarFields = (k) => ({ secret_scalar_dec: k.toString(), secret_scalar_hex: hex(k) });

/** A Semaphore identity made from a private key, whose scalar the library derives. */
function semaphoreCase(name, privateKey) {
  const identity = new Identity(privateKey);
  const key = identity.publicKey;
  agree(`public key of ${name}`, { semaphore: key, multiple: multiply(BASE8, identity.secretScalar) });
  agree(`commitment of ${name}`, {
    constructor: identity.commitment,
    "from public key": Identity.generateCommitment(key),
  });
  return {
    name,
    private_key_hex: Buffer.from(privateKey).toString("hex"),
    ...scalarFields(identity.secretScalar),
    public_key: hexPoint(key),
    commitment: hex(identity.commitment),
  };
}

/** A key of a scalar we chose: Semaphore's commitment of its public key. */
function chosenCase(name, scalar) {
  const key = multiply(BASE8, scalar);
  return {
    name,
    ...scalarFields(scalar),
    public_key: hexPoint(key),
    commitment: hex(Identity.generateCommitment(key)),
  };
}

function semaphore() {
  const texts = ["", "a", "secret", "privacidad", "鍵", "x".repeat(100)];
  return {
    path: "identity/semaphore.json",
    schema: "identity-vector.v1",
    packages: ["@semaphore-protocol/identity", "@zk-kit/baby-jubjub", "circomlibjs"],
    comment:
      "Semaphore v4: public key = secret scalar times Base8, commitment = Poseidon-2 of its coordinates. " +
      "Where private_key_hex is given the library derived the scalar from those bytes; elsewhere the scalar was chosen",
    cases: [
      ...texts.map((text) => semaphoreCase(`text key of ${Buffer.from(text).length} bytes`, text)),
      ...Array.from({ length: SPREAD_KEYS }, (_, i) =>
        semaphoreCase(`32-byte key ${i}`, Buffer.from(hex(spread("identity/key", i)).slice(2), "hex")),
      ),
      chosenCase("scalar 1", 1n),
      chosenCase("scalar 2", 2n),
      chosenCase("scalar l - 1", L - 1n),
      ...Array.from({ length: SPREAD_KEYS }, (_, i) => chosenCase(`chosen scalar ${i}`, spread("identity/scalar", i) % L)),
    ],
  };
}

/** Points no key may be: what each is, and why it is refused. */
function badKeys() {
  const good = multiply(BASE8, spread("identity/bad", 0) % L);
  const small = SMALL_ORDER.map((point, i) => ({
    name: `point ${i} of order dividing eight`,
    point,
    reason: i === 0 ? "identity" : "not-in-subgroup",
  }));
  return [
    ...small,
    ...SMALL_ORDER.slice(1).map((torsion, i) => ({
      name: `good key plus small-order point ${i + 1}`,
      point: add(good, torsion),
      reason: "not-in-subgroup",
    })),
    { name: "generator of the whole group", point: GENERATOR, reason: "not-in-subgroup" },
    { name: "y off by one", point: [good[0], good[1] + 1n], reason: "off-curve" },
    { name: "coordinates swapped", point: [good[1], good[0]], reason: "off-curve" },
    { name: "origin", point: [0n, 0n], reason: "off-curve" },
    { name: "x plus r", point: [good[0] + R, good[1]], reason: "non-canonical" },
    { name: "y plus r", point: [good[0], good[1] + R], reason: "non-canonical" },
    { name: "identity with y plus r", point: [0n, 1n + R], reason: "non-canonical" },
  ].map((bad) => ({ ...bad, point: hexPoint(checkReason(bad)) }));
}

/** Confirms with the packages that a point is bad for the reason we give. */
function checkReason({ name, point, reason }) {
  const held = {
    identity: () => String(point) === String(IDENTITY),
    "not-in-subgroup": () => onCurve(point) && !inSubgroup(point),
    "off-curve": () => !onCurve(point),
    "non-canonical": () => point.some((c) => c >= R) && onCurve(point.map((c) => c % R)),
  }[reason]();
  if (!held) throw new Error(`${name} is not ${reason}`);
  return point;
}

function babyjubjub() {
  const scalars = {
    "0": 0n,
    "1": 1n,
    "2": 2n,
    "8": 8n,
    "l - 1": L - 1n,
    "l": L,
    "l + 1": L + 1n,
    "2^250": 1n << 250n,
    "2^251 - 1": (1n << 251n) - 1n,
    "r - 1": R - 1n,
  };
  for (let i = 0; i < SPREAD_KEYS; i += 1) scalars[`spread ${i}`] = spread("babyjubjub/scalar", i);
  return {
    path: "identity/babyjubjub.json",
    schema: "babyjubjub-vector.v1",
    packages: ["@zk-kit/baby-jubjub", "circomlibjs"],
    comment:
      "BabyJubJub in circomlib's coordinates (a = 168700): parameters, multiples of Base8 by scalars taken as they are, " +
      "and points that must be refused as public keys",
    fields: {
      curve: {
        a_dec: A.toString(),
        d_dec: D.toString(),
        order_dec: ORDER.toString(),
        subgroup_order_dec: L.toString(),
        subgroup_order_hex: hex(L),
        base8: hexPoint(BASE8),
        generator: hexPoint(GENERATOR),
      },
      bad_keys: badKeys(),
    },
    cases: Object.entries(scalars).map(([name, k]) => ({
      name,
      scalar_dec: k.toString(),
      scalar_hex: hex(k),
      point: hexPoint(multiply(BASE8, k)),
    })),
  };
}

export const identitySets = () => [semaphore(), babyjubjub()];
