// The encodings of entries and batches once more in JavaScript, with nothing but Node, held to tests/vectors/batches.json
// (docs/spec/05-points.md §5.3). Prints how many cases of each list agree; exits 1 and names the first that does not.

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

const MAX_ENTRIES = 2 ** 24;
const FORMAT = Buffer.from([1]);

const hash = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const keyed = (key, ...parts) => createHmac("sha256", key).update(Buffer.concat(parts)).digest();
const bytes = (text) => Buffer.from(text.slice(2), "hex");
const hex = (data) => "0x" + data.toString("hex");
const tag = (byte) => Buffer.from([byte]);

function u16(number) {
  const data = Buffer.alloc(2);
  data.writeUInt16BE(Number(number));
  return data;
}

function u64(number) {
  const data = Buffer.alloc(8);
  data.writeBigUInt64BE(number); // throws at 2^64
  return data;
}

function fieldsRoot(operationKind, saltKey, entryId, accountTag, details) {
  const salts = keyed(saltKey, tag(0x3a), FORMAT, entryId);
  const commitment = (name, salt, value) =>
    hash(tag(0x20), u16(name.length), Buffer.from(name), salt, Buffer.from(value));
  const account = commitment("account", salts.subarray(0, 16), JSON.stringify(hex(accountTag)));
  const rest = commitment("details", salts.subarray(16), details);
  return hash(tag(0x21), FORMAT, u16(operationKind), u16(2), account, rest);
}

const leaf = (kind, grams, entryId, root) =>
  hash(tag(0x00), FORMAT, tag(Number(kind)), u64(grams), entryId, root);

function parent(left, right) {
  const total = left.grams + right.grams;
  u64(total);
  return { grams: total, hash: hash(tag(0x01), u64(left.grams), left.hash, u64(right.grams), right.hash) };
}

function split(count) {
  let largest = 1;
  while (largest * 2 < count) largest *= 2;
  return largest;
}

function treeRoot(leaves) {
  if (leaves.length === 1) return leaves[0];
  const middle = split(leaves.length);
  return parent(treeRoot(leaves.slice(0, middle)), treeRoot(leaves.slice(middle)));
}

// Number of entries under each sibling, and whether it is a left one, lowest first.
function shape(index, size) {
  if (size === 1) return [];
  const middle = split(size);
  return index < middle
    ? [...shape(index, middle), { isLeft: false, entries: size - middle }]
    : [...shape(index - middle, size - middle), { isLeft: true, entries: middle }];
}

// The grams before the entry; throws when the proof does not hold.
function verifyEntry(entry) {
  const [index, size, grams] = [Number(entry.index), Number(entry.size), BigInt(entry.grams)];
  assert(index >= 0 && index < size && size <= MAX_ENTRIES, "the entry is not in the batch");
  assert(grams >= 1n && grams < 2n ** 63n, "an entry has at least 1 g");
  const siblings = shape(index, size);
  assert(entry.proof_grams.length === siblings.length, "the path has another length");
  assert(entry.proof_hashes.length === siblings.length, "the path has another length");
  let node = { grams, hash: leaf(entry.kind, grams, bytes(entry.entry_id), bytes(entry.fields_root)) };
  let offset = 0n;
  siblings.forEach(({ isLeft, entries }, level) => {
    const sibling = { grams: BigInt(entry.proof_grams[level]), hash: bytes(entry.proof_hashes[level]) };
    assert(sibling.grams >= BigInt(entries), "every entry has at least 1 g");
    if (isLeft) offset += sibling.grams;
    node = isLeft ? parent(sibling, node) : parent(node, sibling);
  });
  assert.equal(hex(node.hash), entry.root, "another root");
  assert.equal(node.grams, BigInt(entry.total), "another total");
  return offset;
}

const checks = {
  account_tag: (given) => assert.equal(hex(keyed(bytes(given.person_key), tag(0x39), FORMAT)), given.expected),
  entry_salts: (given) =>
    assert.equal(hex(keyed(bytes(given.salt_key), tag(0x3a), FORMAT, bytes(given.entry_id))), given.expected),
  batch_salt_key: (given) =>
    assert.equal(hex(keyed(bytes(given.salt_key), tag(0x3b), FORMAT, bytes(given.context_hash))), given.expected),
  batch_context_hash: (given) =>
    assert.equal(hex(hash(tag(0x46), FORMAT, bytes(given.plan_hash), u64(BigInt(given.number)))), given.expected),
  snapshot_context_hash: (given) =>
    assert.equal(
      hex(hash(tag(0x44), FORMAT, tag(Number(given.class)), u64(BigInt(given.after_batch)))),
      given.expected,
    ),
  key_mark: (given) => assert.equal(hex(keyed(bytes(given.key), tag(0x45), FORMAT)), given.expected),
  batch: (given) => {
    const leaves = given.grams.map((text, index) => {
      const [grams, entryId] = [BigInt(text), bytes(given.entry_ids[index])];
      const accountTag = bytes(given.account_tags[index]);
      const root = fieldsRoot(given.operation_kind, bytes(given.salt_key), entryId, accountTag, given.details[index]);
      assert.equal(hex(root), given.fields_roots[index]);
      const made = leaf(given.kind, grams, entryId, root);
      assert.equal(hex(made), given.leaves[index]);
      return { grams, hash: made };
    });
    const { grams, hash: root } = treeRoot(leaves);
    assert.equal(grams, BigInt(given.expected_total));
    assert.equal(hex(root), given.expected);
  },
  entry_proof: (given) => assert.equal(verifyEntry(given), BigInt(given.expected_offset)),
  entry_proof_refused: (given) => assert.throws(() => verifyEntry(given), undefined, given.why),
};

const lists = JSON.parse(readFileSync(process.argv[2], "utf8"));
assert.deepEqual(Object.keys(lists), Object.keys(checks));
const agreed = {};
for (const [name, cases] of Object.entries(lists)) {
  cases.forEach((given, index) => {
    try {
      checks[name](given);
    } catch (error) {
      console.error(`${name}[${index}]: ${error.message}`);
      process.exit(1);
    }
  });
  agreed[name] = cases.length;
}
console.log(JSON.stringify(agreed));
