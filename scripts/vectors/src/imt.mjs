// Incremental Merkle tree of depth 32 and arity 2 over Poseidon-2 with empty leaf 0.
//
// @zk-kit/imt has published betas alone, so its predecessor with a stable release,
// @zk-kit/incremental-merkle-tree, must give the same roots and paths.

import { IMT } from "@zk-kit/imt";
import { IncrementalMerkleTree } from "@zk-kit/incremental-merkle-tree";
import { poseidon2 } from "poseidon-lite";
import { agree, hex, spread } from "./field.mjs";

const DEPTH = 32;
const APPENDS = 70;
const PACKAGES = ["@zk-kit/imt", "@zk-kit/incremental-merkle-tree", "poseidon-lite"];

const leaf = (index) => spread("imt/leaf", index);

/** Both trees, driven in step. */
class Trees {
  constructor() {
    this.imt = new IMT(poseidon2, DEPTH, 0n, 2);
    this.old = new IncrementalMerkleTree(poseidon2, DEPTH, 0n, 2);
  }

  append(value) {
    this.imt.insert(value);
    this.old.insert(value);
  }

  update(index, value) {
    this.imt.update(index, value);
    this.old.update(index, value);
  }

  get root() {
    return agree("root", { imt: this.imt.root, predecessor: this.old.root });
  }

  /** The siblings of a leaf from the leaf upwards. */
  siblings(index) {
    const proof = this.imt.createProof(index);
    if (!this.imt.verifyProof(proof)) throw new Error(`imt refuses its own path of leaf ${index}`);
    const siblings = proof.siblings.map(([only]) => only);
    agree(`path of leaf ${index}`, {
      imt: siblings,
      predecessor: this.old.createProof(index).siblings.map(([only]) => only),
    });
    return siblings;
  }
}

function empty() {
  const { zeroes } = new Trees().imt;
  return {
    path: "imt/empty.json",
    comment: "z_0 .. z_31, the empty subtree of each level, and the root of the empty tree, z_32",
    cases: [...zeroes, new Trees().root].map((value, level) => ({ level, zero: hex(value) })),
  };
}

function appends() {
  const trees = new Trees();
  const cases = [{ size: 0, root: hex(trees.root) }];
  for (let index = 0; index < APPENDS; index += 1) {
    trees.append(leaf(index));
    cases.push({ size: index + 1, leaf: hex(leaf(index)), root: hex(trees.root) });
  }
  return {
    path: "imt/appends.json",
    comment: "the root after each append; case n appends `leaf` at index n - 1",
    cases,
  };
}

/** Appends mixed with removals; an index is removed at most once and only when it exists. */
const HISTORY = [
  ["append", 5], ["zero", 4], ["append", 1], ["zero", 0], ["append", 2], ["zero", 7], ["append", 1],
  ["zero", 8], ["append", 7], ["zero", 15], ["append", 1], ["zero", 3], ["append", 16], ["zero", 31],
  ["zero", 32], ["append", 1], ["zero", 16], ["append", 30], ["zero", 62], ["zero", 63], ["append", 1],
  ["zero", 1], ["zero", 2], ["append", 5],
];

function updates() {
  const trees = new Trees();
  const cases = [];
  const record = (step) => cases.push({ ...step, size: trees.imt.leaves.length, root: hex(trees.root) });
  for (const [op, argument] of HISTORY) {
    if (op === "zero") {
      trees.update(argument, 0n);
      record({ op, index: argument });
      continue;
    }
    for (let n = 0; n < argument; n += 1) {
      const index = trees.imt.leaves.length;
      trees.append(leaf(index));
      record({ op, index, leaf: hex(leaf(index)) });
    }
  }
  return {
    path: "imt/updates.json",
    comment: "appends mixed with leaves set to 0, the newest leaf and right edges included; the root after each step",
    cases,
    trees,
  };
}

function paths() {
  const plain = new Trees();
  for (let index = 0; index < APPENDS; index += 1) plain.append(leaf(index));
  const { trees: mixed } = updates();
  const pathCase = (tree, trees, index) => ({
    tree,
    size: trees.imt.leaves.length,
    index,
    leaf: hex(trees.imt.leaves[index]),
    siblings: trees.siblings(index).map(hex),
    root: hex(trees.root),
  });
  return {
    path: "imt/paths.json",
    comment:
      "paths from the leaf upwards in the last tree of appends.json and of updates.json, and made-up ones that use the high index bits",
    cases: [
      ...[0, 1, 2, 31, 32, 63, 64, 68, 69].map((index) => pathCase("appends", plain, index)),
      ...[0, 5, 6, 31, 33, 64, 69].map((index) => pathCase("updates", mixed, index)),
      ...[2 ** 32 - 1, 2 ** 31, 0xaaaaaaaa, 0x55555555].map(madeUpPath),
    ],
  };
}

/** A path nobody grew a tree for: the root follows from siblings and index, and zk-kit accepts it. */
function madeUpPath(index) {
  const siblings = Array.from({ length: DEPTH }, (_, level) => spread(`imt/sibling/${index}`, level));
  const bits = siblings.map((_, level) => Math.floor(index / 2 ** level) % 2);
  const start = spread("imt/made up leaf", index);
  const root = siblings.reduce(
    (node, sibling, level) => poseidon2(bits[level] ? [sibling, node] : [node, sibling]),
    start,
  );
  const proof = { root, leaf: start, leafIndex: index, pathIndices: bits, siblings: siblings.map((s) => [s]) };
  if (!IMT.verifyProof(proof, poseidon2)) throw new Error(`imt refuses the made-up path ${index}`);
  return { tree: "none", index, leaf: hex(start), siblings: siblings.map(hex), root: hex(root) };
}

export function imtSets() {
  const withoutTrees = ({ trees, ...set }) => set;
  return [empty(), appends(), withoutTrees(updates()), paths()].map((set) => ({
    ...set,
    schema: `imt-${set.path.match(/(\w+)\.json$/)[1]}-vector.v1`,
    packages: PACKAGES,
    fields: { depth: DEPTH, arity: 2, zero: hex(0n) },
  }));
}
