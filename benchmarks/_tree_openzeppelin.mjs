// Seconds that @openzeppelin/merkle-tree takes for the entries in a file of 73 bytes each: u8 kind, u64 grams, entry id,
// fields root. Prints {"standard": ..., "simple": ...}; values and leaf hashes are made before the clock runs.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../contracts/package.json", import.meta.url));
const { SimpleMerkleTree, StandardMerkleTree } = require("@openzeppelin/merkle-tree");

const LENGTH = 73;
const data = readFileSync(process.argv[2]);
const values = [];
const hashes = [];
for (let start = 0; start < data.length; start += LENGTH) {
  const hex = (from, to) => "0x" + data.toString("hex", start + from, start + to);
  values.push([data[start], data.readBigUInt64BE(start + 1), hex(9, 41), hex(41, 73)]);
  hashes.push("0x" + createHash("sha256").update(data.subarray(start, start + LENGTH)).digest("hex"));
}

function seconds(build) {
  const start = process.hrtime.bigint();
  if (build().root.length !== 66) throw new Error("no root");
  return Number(process.hrtime.bigint() - start) / 1e9;
}

const standard = seconds(() => StandardMerkleTree.of(values, ["uint8", "uint64", "bytes32", "bytes32"]));
const simple = seconds(() => SimpleMerkleTree.of(hashes));
console.log(JSON.stringify({ standard, simple }));
