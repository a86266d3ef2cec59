// BabyJubJub as two packages see it: every sum here is computed by both.

import * as zkKit from "@zk-kit/baby-jubjub";
import { buildBabyjub } from "circomlibjs";
import { agree } from "./field.mjs";

const circomlib = await buildBabyjub();
const toCircomlib = (point) => point.map((c) => circomlib.F.e(c));
const fromCircomlib = (point) => point.map((c) => circomlib.F.toObject(c));

/** Order of the prime subgroup. */
export const L = agree("subgroup order", { circomlibjs: BigInt(circomlib.subOrder), "zk-kit": zkKit.subOrder });
export const ORDER = agree("curve order", { circomlibjs: BigInt(circomlib.order), "zk-kit": zkKit.order });
export const BASE8 = agree("Base8", { circomlibjs: fromCircomlib(circomlib.Base8), "zk-kit": zkKit.Base8 });
/** Generator of the whole group of order 8·l; Base8 is eight times it. */
export const GENERATOR = fromCircomlib(circomlib.Generator);
export const A = circomlib.F.toObject(circomlib.A);
export const D = circomlib.F.toObject(circomlib.D);
export const IDENTITY = [0n, 1n];

/** `scalar · point`, the scalar taken as it is (not reduced). */
export const multiply = (point, scalar) =>
  agree(`${scalar} times ${point}`, {
    "zk-kit": zkKit.mulPointEscalar(point, scalar),
    circomlibjs: fromCircomlib(circomlib.mulPointEscalar(toCircomlib(point), scalar)),
  });

export const add = (p, q) =>
  agree(`${p} plus ${q}`, {
    "zk-kit": zkKit.addPoint(p, q),
    circomlibjs: fromCircomlib(circomlib.addPoint(toCircomlib(p), toCircomlib(q))),
  });

export const onCurve = (point) =>
  agree(`${point} on curve`, { "zk-kit": zkKit.inCurve(point), circomlibjs: circomlib.inCurve(toCircomlib(point)) });

export const inSubgroup = (point) => circomlib.inSubgroup(toCircomlib(point));

/** The eight points whose order divides eight; the first is the identity. */
export const SMALL_ORDER = Array.from({ length: 8 }, (_, i) => multiply(multiply(GENERATOR, L), BigInt(i)));
