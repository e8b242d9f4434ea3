// Public vectors: RFC 8785 and RFC 6962/9162. Without them (they are not part of the project) the tests say that they were skipped.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { equalBytes } from "../../api/web/static/verifier/bytes.js";
import { canonicalBytes } from "../../api/web/static/verifier/canonical.js";
import { parseStrict } from "../../api/web/static/verifier/json.js";
import { rootOfPath } from "../../api/web/static/verifier/log_tree.js";
import { sharedVectors } from "./helpers/vectors.mjs";

const ABSENT = "the public vectors are not on this machine (../shared)";
const FLOATS = { maximumDepth: 32, floats: true };
const INCLUSION_VECTORS = 98;
const HASH_BYTES = 32;

const jcs = sharedVectors("jcs-rfc8785");
for (const name of ["arrays", "french", "structures", "unicode", "values", "weird"]) {
  test(`RFC 8785: ${name}`, { skip: jcs === null && ABSENT }, () => {
    const canonical = canonicalBytes(parseStrict(readFileSync(join(jcs, "input", `${name}.json`)), FLOATS));
    assert.deepEqual(Buffer.from(canonical), readFileSync(join(jcs, "output", `${name}.json`)));
    assert.deepEqual(canonicalBytes(parseStrict(canonical, FLOATS)), canonical);
  });
}

const merkle = sharedVectors("merkle-rfc6962");
test("RFC 6962: every inclusion vector", { skip: merkle === null && ABSENT }, async () => {
  const folder = join(merkle, "inclusion");
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".json"));
  assert.equal(files.length, INCLUSION_VECTORS);
  for (const file of files) {
    const vector = JSON.parse(readFileSync(join(folder, file), "utf8"));
    assert.equal(!(await includes(vector)), vector.wantErr, `${file}: ${vector.desc}`);
  }
});

async function includes({ leafHash, leafIdx, treeSize, proof, root }) {
  if (leafIdx < 0 || leafIdx >= treeSize) return false;
  const [leaf, expected, ...path] = [leafHash, root, ...(proof ?? [])].map((text) => Buffer.from(text, "base64"));
  // The form of a bundle (step 3) lets no hash of another length through.
  if ([leaf, expected, ...path].some(({ length }) => length !== HASH_BYTES)) return false;
  const led = await rootOfPath(leaf, BigInt(leafIdx), BigInt(treeSize), path);
  return led !== null && equalBytes(led, expected);
}
