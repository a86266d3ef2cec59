// The signing equation written out, for keys and nonces no library would choose.

import { poseidon5 } from "poseidon-lite";
import { BASE8, L, multiply } from "./curve.mjs";

/** The challenge h = H_5(R.x, R.y, K.x, K.y, M), an integer below r. */
export const challenge = (r, key, message) => poseidon5([...r, ...key, message]);

/**
 * S = nonce + cofactor·h·scalar mod l, with R = nonce·Base8.
 *
 * `r` and `key` may be replaced by points that do not belong to nonce and scalar, and the
 * cofactor by 1, to make signatures that a lax verifier would take.
 */
export function sign({ scalar, message, nonce, key, r, cofactor = 8n }) {
  key ??= multiply(BASE8, scalar);
  r ??= multiply(BASE8, nonce);
  const s = (nonce + cofactor * challenge(r, key, message) * scalar) % L;
  return { key, message, r, s };
}
