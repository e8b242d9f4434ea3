// Every step of docs/spec/08-certificates.md §8.5 passes, and fails once for each thing that it checks.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { fromHex, toHex } from "../../api/web/static/verifier/bytes.js";
import { canonicalBytes } from "../../api/web/static/verifier/canonical.js";
import { fieldCommitment } from "../../api/web/static/verifier/encodings.js";
import { verify } from "../../api/web/static/verifier/verify.js";
import { bytesOfBundle, checkpointText, hashOfRecord, makeWorld, points, recordOf, withProof } from "./helpers/bundles.mjs";
import { line, makeKey, note, WITNESS_TYPE, written } from "./helpers/keys.mjs";

let world;
before(async () => {
  world = await makeWorld();
});

const copy = (kind = "reductions") => structuredClone(world.bundles[kind]);
const check = (bundle, { level = "witnessed", trust = world.trust, node } = {}) =>
  verify(bundle instanceof Uint8Array ? bundle : bytesOfBundle(bundle), trust, { level, node });
const flipped = (text) => text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");
const HASH = `0x${"ab".repeat(32)}`;

async function refusedAt(number, name, bundle, options) {
  const verdict = await check(bundle, options);
  assert.deepEqual({ verdict: verdict.verdict, step: verdict.step }, { verdict: "refused", step: { number, name } }, verdict.reason?.english);
  assert.equal(verdict.bundle, null);
  assert.ok(verdict.reason.english !== "" && verdict.reason.chinese !== "");
  assert.deepEqual(verdict.steps.filter(({ outcome }) => outcome === "failed").map(({ name: failed }) => failed), [name]);
}

for (const kind of ["reductions", "points", "campaign"]) {
  for (const level of ["log", "witnessed"]) {
    test(`verified: ${kind}, level ${level}`, async () => {
      const verdict = await check(copy(kind), { level });
      assert.equal(verdict.verdict, "verified", verdict.reason?.english);
      assert.ok(verdict.steps.every(({ outcome }) => outcome === "passed"));
      assert.equal(verdict.steps.length, level === "log" ? 13 : 14);
      assert.equal(verdict.bundle.certificate.kind, kind);
    });
  }
}

test("verified: in a log of one leaf, and in each place of small logs", async () => {
  const { certificate, record, leaf: { index: _, kind: _kind, ...leaf } } = copy();
  for (let size = 1; size <= 9; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const verdict = await check(await withProof(world, { certificate, record, leaf }, { size, index }));
      assert.equal(verdict.verdict, "verified", `${index} of ${size}`);
    }
  }
});

test("verified: without a record, and with the lot kept back", async () => {
  const bundle = copy();
  bundle.record = null;
  bundle.certificate.lot = null;
  assert.equal((await check(bundle)).verdict, "verified");
});

test("1 size: a file above 1 MiB is not read", async () => {
  await refusedAt(1, "size", new Uint8Array(1_048_577));
  const verdict = await check(new Uint8Array(1_048_576));
  assert.equal(verdict.step.name, "json");
});

test("2 json: not canonical, not JSON", async () => {
  const text = Buffer.from(bytesOfBundle(copy())).toString();
  for (const other of [`${text}\n`, ` ${text}`, `\ufeff${text}`, text.replace('"certificate"', '"\\u0063ertificate"'), text.slice(1), text.replace('"format":1', '"format":1.0')]) {
    await refusedAt(2, "json", Buffer.from(other));
  }
  await refusedAt(2, "json", Buffer.from(JSON.stringify(copy())));
  await refusedAt(2, "json", Buffer.from(text.replace('"format":1,', '"format":1,"format":1,')));
});

test("2 json: nested 17 deep in a field's value", async () => {
  const nested = (depth) => (depth === 0 ? [] : [nested(depth - 1)]);
  const bundle = copy();
  bundle.record.fields[0].value = nested(12);
  await refusedAt(2, "json", bundle);
  bundle.record.fields[0].value = nested(11);
  await refusedAt(5, "record", bundle);
});

const FORM_CHANGES = {
  "a member too many": (b) => (b.block = 1),
  "a member missing": (b) => delete b.leaf,
  "a member missing inside": (b) => delete b.leaf.timestamp,
  "another type": (b) => (b.type = "tanpuhui"),
  "another format": (b) => (b.format = 2),
  "a format that is text": (b) => (b.format = "1"),
  "an entry where none belongs": (b) => (b.entry = copy("points").entry),
  "null where it may not be": (b) => (b.leaf = null),
  "a list for an object": (b) => (b.leaf = []),
  "an unknown kind of certificate": (b) => (b.certificate.kind = "constructor"),
  "an upper-case hash": (b) => (b.leaf.subject = b.leaf.subject.toUpperCase().replace("0X", "0x")),
  "a short address": (b) => (b.leaf.ledger = b.leaf.ledger.slice(0, -2)),
  "a quantity that is a number": (b) => (b.leaf.quantity_gco2e = 1234567),
  "a quantity with a leading zero": (b) => (b.leaf.quantity_gco2e = "01234567"),
  "a quantity with a sign": (b) => (b.leaf.quantity_gco2e = "-1"),
  "a quantity of 2^128": (b) => (b.leaf.quantity_gco2e = String(2n ** 128n)),
  "an index below zero": (b) => (b.leaf.index = -1),
  "a number of zero": (b) => (b.certificate.number = 0),
  "a serial of zero": (b) => (b.certificate.first_serial = "0"),
  "an unknown purpose": (b) => (b.certificate.purpose = "toString"),
  "an unknown class": (b) => (b.certificate.lot.class = "III"),
  "a code with a space": (b) => (b.certificate.lot.activity_code = "SH PV"),
  "a day that is none": (b) => (b.certificate.lot.period_last_day = "2025-02-29"),
  "a day before 1970": (b) => (b.certificate.lot.period_last_day = "1969-12-31"),
  "a day in a list": (b) => (b.certificate.lot.period_last_day = ["2025-12-31"]),
  "a hash in a list": (b) => (b.leaf.subject = [b.leaf.subject]),
  "a header in a list": (b) => (b.proof = { type: "sealed-receipt", header: ["0xc0"], transaction_index: 0, log_position: 0, path: [] }),
  "a header of half a byte": (b) => (b.proof = { type: "sealed-receipt", header: "0xc", transaction_index: 0, log_position: 0, path: [] }),
  "a day with a time": (b) => (b.certificate.lot.period_last_day = "2025-02-28T00"),
  "a version of 2^32": (b) => (b.certificate.lot.methodology_version = 2 ** 32),
  "an unknown operation kind": (b) => (b.leaf.kind = "reduction-minted"),
  "a record of an unknown kind": (b) => (b.record.kind = "x"),
  "a record without fields": (b) => (b.record.fields = []),
  "a record of another format": (b) => (b.record.format = 2),
  "257 fields": (b) => (b.record.fields = Array.from({ length: 257 }, () => ({ commitment: HASH }))),
  "fields in another order": (b) => b.record.fields.reverse(),
  "a field twice": (b) => b.record.fields.splice(0, 0, b.record.fields[0]),
  "a field with value and commitment": (b) => (b.record.fields[0].commitment = HASH),
  "a field name in capitals": (b) => (b.record.fields[0].name = "Account"),
  "a field without salt": (b) => delete b.record.fields[0].salt,
  "an unknown proof": (b) => (b.proof.type = "trust-me"),
  "a checkpoint that is no text": (b) => (b.proof.checkpoint = 1),
  "a sealed receipt at this level": (b) => (b.proof = { type: "sealed-receipt", header: "0xc0", transaction_index: 0, log_position: 0, path: ["0xc0"] }),
};
for (const [name, change] of Object.entries(FORM_CHANGES)) {
  test(`3 form: ${name}`, async () => {
    const bundle = copy();
    change(bundle);
    await refusedAt(3, "form", bundle);
  });
}

const ENTRY_FORM_CHANGES = {
  "no entry": (b) => delete b.entry,
  "another format of the proof": (b) => (b.entry.format = 2),
  "another format of the entry": (b) => (b.entry.entry.format = 2),
  "fields the wrong way round": (b) => b.entry.entry.fields.reverse(),
  "one field": (b) => b.entry.entry.fields.pop(),
  "an account that is no tag": (b) => (b.entry.entry.fields[0].value = "张三"),
  "details that are no object": (b) => (b.entry.entry.fields[1].value = ["reference"]),
  "details with more than a reference": (b) => (b.entry.entry.fields[1].value.name = "张三"),
  "details of a feed with text": (b) => (b.entry.entry.kind = "earn"),
  "an entry of no grams": (b) => (b.entry.entry.grams = "0"),
  "an entry of 2^63 grams": (b) => (b.entry.entry.grams = String(2n ** 63n)),
  "three fields": (b) => b.entry.entry.fields.push(b.entry.entry.fields[1]),
  "a path that is none": (b) => (b.entry.path = {}),
  "a sum of 2^64": (b) => (b.entry.path[0].grams = String(2n ** 64n)),
  "no entries in the batch": (b) => (b.certificate.batch.entry_count = 0),
};
for (const [name, change] of Object.entries(ENTRY_FORM_CHANGES)) {
  test(`3 form: ${name}`, async () => {
    const bundle = copy("points");
    change(bundle);
    await refusedAt(3, "form", bundle);
  });
}

for (const member of ["chain_id", "genesis_hash", "transparency_log", "reduction_ledger", "point_ledger"]) {
  test(`4 deployment: another ${member}`, async () => {
    const bundle = copy();
    bundle.deployment[member] = member === "chain_id" ? 1 : flipped(bundle.deployment[member]);
    await refusedAt(4, "deployment", bundle);
  });
}

test("4 deployment: another deployment's pins", async () => {
  const logKey = await written({ ...world.logKey, name: world.origin.replace("/31337/", "/1/") });
  await refusedAt(4, "deployment", copy(), { trust: { ...world.trust, logKey } });
});

async function withRecord(record) {
  const { certificate, leaf: { index: _index, kind: _kind, record_hash: _hash, ...leaf } } = copy();
  return withProof(world, { certificate, record, leaf });
}

test("5 record: a changed field, salt or commitment, a field left out, another kind", async () => {
  const changes = [
    (r) => (r.fields[0].value = flipped(r.fields[0].value)),
    (r) => (r.fields[0].salt = flipped(r.fields[0].salt)),
    (r) => (r.fields.find((f) => "commitment" in f).commitment = HASH),
    (r) => r.fields.pop(),
    (r) => (r.kind = "reduction-transferred"),
  ];
  for (const change of changes) {
    const bundle = copy();
    change(bundle.record);
    await refusedAt(5, "record", bundle);
  }
});

test("5 record: a record of another kind, hashed as such", async () => {
  const bundle = copy();
  const record = await recordOf("reduction-transferred", { rules: "1" });
  bundle.record = record;
  bundle.leaf.record_hash = await hashOfRecord(record);
  await refusedAt(5, "record", bundle);
});

test("5 record: field_names kept back, missing, no list, of other names, in another order, too short", async () => {
  const good = await recordOf("reduction-cancelled", { rules: "1", zeal: "x" });
  const hidden = await recordOf("reduction-cancelled", { rules: "1", zeal: "x" }, ["field_names"]);
  await refusedAt(5, "record", await withRecord(hidden));
  for (const names of ["rules", [1], ["field_names", "rules"], ["rules", "field_names", "zeal"], ["field_names", "rules", "rules"], ["field_names", "rule", "zeal"], ["field_names", "rules", "Zeal"]]) {
    const record = structuredClone(good);
    record.fields[0].value = names;
    await refusedAt(5, "record", await withRecord(record));
  }
  good.fields.shift();
  await refusedAt(5, "record", await withRecord(good));
});

test("5 record: a second beneficiary behind a commitment", async () => {
  const record = await recordOf("reduction-cancelled", { beneficiary: "甲", rules: "1" });
  record.fields.splice(1, 0, { commitment: HASH });
  await refusedAt(5, "record", await withRecord(record));
});

test("6 leaf: kind, ledger, from, to, quantity", async () => {
  const changes = [
    ["reductions", (b) => (b.leaf.kind = b.record.kind = "reduction-transferred"), true],
    ["reductions", (b) => (b.leaf.ledger = b.deployment.point_ledger)],
    ["reductions", (b) => (b.leaf.from = `0x${"0".repeat(40)}`)],
    ["points", (b) => (b.leaf.from = `0x${"1".repeat(40)}`)],
    ["campaign", (b) => (b.leaf.to = `0x${"1".repeat(40)}`)],
    ["reductions", (b) => (b.leaf.quantity_gco2e = "0")],
    ["reductions", (b) => (b.leaf.quantity_gco2e = String(2n ** 63n))],
  ];
  for (const [kind, change, dropsRecord] of changes) {
    const bundle = copy(kind);
    change(bundle);
    if (dropsRecord) bundle.record = null;
    await refusedAt(6, "leaf", bundle);
  }
});

test("7 subject: whatever a certificate says", async () => {
  const changes = [
    ["reductions", (c) => (c.number += 1)],
    ["reductions", (c) => (c.lot_id = HASH)],
    ["reductions", (c) => (c.purpose = "ets-compliance")],
    ["reductions", (c) => (c.first_serial = "5000002")],
    ["campaign", (c) => (c.number += 1)],
    ["campaign", (c) => (c.campaign_code = "OTHER")],
    ["campaign", (c) => (c.class = "II")],
    ["campaign", (c) => (c.purpose = "voluntary-offset")],
    ["points", (c) => (c.batch.number += 1)],
    ["points", (c) => (c.batch.class = "II")],
    ["points", (c) => (c.batch.root = HASH)],
    ["points", (c) => (c.batch.total = "1553")],
    ["points", (c) => (c.batch.entry_count += 1)],
    ["points", (c) => (c.batch.file_hash = HASH)],
    ["points", (c) => (c.batch.first_certificate += 1)],
  ];
  for (const [kind, change] of changes) {
    const bundle = copy(kind);
    change(bundle.certificate);
    await refusedAt(7, "subject", bundle);
  }
});

test("8 lot: whatever opens the lot id", async () => {
  const changes = [
    (lot) => (lot.activity_code = "SH-PV-0002"),
    (lot) => (lot.methodology_code = "SHCER-01-003"),
    (lot) => (lot.methodology_version = 3),
    (lot) => (lot.class = "I"),
    (lot) => (lot.period_first_day = "2025-01-02"),
    (lot) => (lot.period_last_day = "2025-12-30"),
  ];
  for (const change of changes) {
    const bundle = copy();
    change(bundle.certificate.lot);
    await refusedAt(8, "lot", bundle);
  }
  const bundle = copy();
  bundle.certificate.lot = { redeem_operation_id: HASH, class: "II" };
  await refusedAt(8, "lot", bundle);
});

test("9 agreement: a record that says otherwise, though it is the leaf's", async () => {
  const others = { account: `0x${"1".repeat(40)}`, lot_id: HASH, quantity_gco2e: "1234568", purpose: "ets-compliance" };
  for (const [name, value] of Object.entries(others)) await refusedAt(9, "agreement", await withRecord(await recordOf("reduction-cancelled", { [name]: value })));
  await refusedAt(9, "agreement", await withRecord(await recordOf("reduction-cancelled", { quantity_gco2e: 1234567 })));
});

test("9 agreement: records of points and campaigns", async () => {
  const cases = { points: { class: "II", batch_root: HASH, entry_count: "6", file_hash: HASH, quantity_gco2e: "1" }, campaign: { class: "II", campaign_id: HASH, purpose: "voluntary-offset" } };
  for (const [kind, others] of Object.entries(cases)) {
    for (const [name, value] of Object.entries(others)) {
      const { certificate, entry, leaf: { index: _index, kind: word, record_hash: _hash, ...leaf } } = copy(kind);
      await refusedAt(9, "agreement", await withProof(world, { certificate, entry, leaf, record: await recordOf(word, { [name]: value }) }));
    }
  }
});

test("10 entry: another kind, size, total, root, place, grams, field, path", async () => {
  const changes = [
    (b) => (b.entry.entry.kind = "donate"),
    (b) => (b.entry.size += 1),
    (b) => (b.entry.total = "1553"),
    (b) => (b.entry.root = HASH),
    (b) => (b.entry.index += 1),
    (b) => (b.certificate.number += 1),
    (b) => (b.certificate.number = 99),
    (b) => (b.certificate.number = 105) && (b.entry.index = 5),
    (b) => (b.leaf.quantity_gco2e = "1") && (b.record = null),
    (b) => (b.certificate.number = 105),
    (b) => (b.entry.entry.grams = "41"),
    (b) => (b.entry.entry.entry_id = HASH),
    (b) => (b.entry.entry.fields[0].value = HASH),
    (b) => (b.entry.entry.fields[1] = { commitment: HASH }),
    (b) => (b.entry.path[0].grams = "1201"),
    (b) => (b.entry.path[1].hash = HASH),
    (b) => (b.entry.path[1].grams = "1"),
    (b) => (b.entry.path[1].grams = String(2n ** 64n - 1n)),
    (b) => b.entry.path.pop(),
    (b) => b.entry.path.push(b.entry.path[0]),
  ];
  for (const change of changes) {
    const bundle = copy("points");
    change(bundle);
    await refusedAt(10, "entry", bundle);
  }
});

test("10 entry: entries of no grams beside it", async () => {
  await refusedAt(10, "entry", await points(world, { grams: [300n, 0n, 40n], index: 0 }));
  await refusedAt(10, "entry", await points(world, { grams: [300n, 5n, 1n, 0n], index: 0 }));
  await refusedAt(10, "entry", await points(world, { grams: [0n, 0n, 0n, 0n, 9n], index: 4 }));
});

test("10 entry: verified with both fields kept back", async () => {
  const bundle = copy("points");
  const { fields } = bundle.entry.entry;
  const commitments = await Promise.all(fields.map(commitmentOf));
  bundle.entry.entry.fields = commitments.map((commitment) => ({ commitment }));
  assert.equal((await check(bundle)).verdict, "verified");
});

async function commitmentOf({ name, salt, value }) {
  return toHex(await fieldCommitment(name, fromHex(salt), canonicalBytes(value)));
}

test("11 checkpoint: not a note, another origin, too small, too large", async () => {
  const [origin, , root] = copy().proof.checkpoint.split("\n");
  const texts = [
    "",
    "\n",
    `${origin}\n11\n${root}`,
    `${origin}\n11\n${root}\nextension\n`,
    `${origin}\n011\n${root}\n`,
    `${origin}\n11\n${root.slice(0, -1)}\n`,
    `${origin}\n11\n${root.slice(0, -4)}\n`,
    `${origin}\n11\n${root.replace(/^./, "*")}\n`,
    `${origin}\n11\n ${root}\n`,
    `${origin}\n${2n ** 63n}\n${root}\n`,
    `${origin}0\n11\n${root}\n`,
    `${origin}\n6\n${root}\n`,
    `${origin}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n`,
    `${origin}\n11\n${root}\n\n`,
    `${origin}\n11\n${root}\n\nnot a line\n`,
    `${origin}\n11\n${root}\n\n\u2014 name AAAAAA==\n`,
    `${origin}\n11\n${root}\n\n\u2014 na+me AAAAAAA=\n`,
    `${origin}\n11\n${root}\n\n\u2014 name AAAAAAB=\n`,
    `${origin}\n11\n${root}\n\n\u2014  AAAAAAA=\n`,
    `${origin}\n11\n${root}\n\n- name AAAAAAA=\n`,
    `${origin}\n11\n${root}\n\n\u2014 name AAAAAAA=`,
    `${origin}\n11\n${root}\n\n${"\u2014 name AAAAAAA=\n".repeat(65)}`,
    `${origin}\n11\n${root}\n\n\u2014 ${"n".repeat(256)} AAAAAAA=\n`,
    `${origin}\n11\n${root}\n\n\u2014 a\u0001 AAAAAAA=\n`,
    `${origin}\n11\n${root}\n\n\u2014 a\u3000b AAAAAAA=\n`,
    `${origin}\n11\n${root}\n\n\u2014 name ${"AAAA".repeat(20_000)}\n`,
  ];
  for (const checkpoint of texts) {
    const bundle = copy();
    bundle.proof.checkpoint = checkpoint;
    await refusedAt(11, "checkpoint", bundle);
  }
});

test("12 inclusion: another leaf, place, size or path, another certificate's proof", async () => {
  const changes = [
    (b) => (b.leaf.timestamp += 1),
    (b) => (b.leaf.operation_id = HASH),
    (b) => (b.leaf.index -= 1),
    (b) => (b.leaf.quantity_gco2e = "1234566") && (b.record = null),
    (b) => (b.proof.inclusion[0] = HASH),
    (b) => b.proof.inclusion.pop(),
    (b) => b.proof.inclusion.push(HASH),
    (b) => (b.proof.inclusion = []),
    (b) => (b.proof = copy("points").proof),
    (b) => (b.proof.checkpoint = b.proof.checkpoint.replace("\n11\n", "\n17\n")),
    (b) => (b.proof.checkpoint = b.proof.checkpoint.replace("\n11\n", `\n${2n ** 63n - 1n}\n`)),
  ];
  for (const change of changes) {
    const bundle = copy();
    change(bundle);
    await refusedAt(12, "inclusion", bundle);
  }
});

async function withLines(makeLines) {
  const bundle = copy();
  const text = `${bundle.proof.checkpoint.split("\n\n")[0]}\n`;
  bundle.proof.checkpoint = `${text}\n${(await makeLines(text)).join("")}`;
  return bundle;
}

test("13 log-signature: unsigned, by another key, spoilt, over another text", async () => {
  const unsigned = copy();
  unsigned.proof.checkpoint = `${unsigned.proof.checkpoint.split("\n\n")[0]}\n`;
  await refusedAt(13, "log-signature", unsigned);
  const spoil = (signature) => signature.with(3, signature[3] ^ 1);
  const { logKey } = world;
  const stranger = await makeKey(world.origin, 1);
  await refusedAt(13, "log-signature", await withLines(async (text) => [await line(stranger, text)]));
  await refusedAt(13, "log-signature", await withLines(async (text) => [await line(logKey, text, { change: spoil })]));
  await refusedAt(13, "log-signature", await withLines(async (text) => [await line(logKey, text), await line(logKey, text, { change: spoil })]));
  await refusedAt(13, "log-signature", await withLines(async (text) => [await line(logKey, text, { change: (signature) => signature.slice(1) })]));
  // The path of leaf 6 is the same in trees of 11 and 12: it is the signature that binds the size.
  await refusedAt(13, "log-signature", { ...copy(), proof: { ...copy().proof, checkpoint: copy().proof.checkpoint.replace("\n11\n", "\n12\n") } });
  await refusedAt(13, "log-signature", await withLines(async () => [await line(logKey, checkpointText(world.origin, 12, new Uint8Array(32)))]));
});

test("14 witnesses: too few, one twice, strangers, a false cosignature", async () => {
  const { logKey, witnesses: [one, two] } = world;
  const stranger = await makeKey("w2.example", WITNESS_TYPE);
  const spoil = (signature) => signature.with(70, signature[70] ^ 1);
  const cases = [
    async (text) => [await line(logKey, text)],
    async (text) => [await line(logKey, text), await line(one, text)],
    async (text) => [await line(logKey, text), await line(one, text), await line(one, text, { timestamp: 5n })],
    async (text) => [await line(logKey, text), await line(one, text), await line(stranger, text)],
    async (text) => [await line(logKey, text), await line(one, text), await line(two, text, { timestamp: 2n ** 63n })],
    async (text) => [await line(logKey, text), await line(one, text), await line(two, text, { change: spoil })],
    async (text) => [...(await note(text, logKey, ...world.witnesses)).split("\n\n")[1].split(/(?<=\n)/), await line(one, text, { change: spoil })],
  ];
  for (const lines of cases) await refusedAt(14, "witnesses", await withLines(lines));
});

test("a line of another key of the same name is ignored", async () => {
  const { logKey, witnesses } = world;
  const stranger = await makeKey("w2.example", WITNESS_TYPE);
  const bundle = await withLines(async (text) => [await line(logKey, text), await line(stranger, text), await line(witnesses[0], text), await line(witnesses[1], text)]);
  assert.equal((await check(bundle)).verdict, "verified");
});

test("lines of keys that were not given are ignored", async () => {
  const stranger = await makeKey("stranger.example", WITNESS_TYPE);
  const spoil = (signature) => signature.with(70, signature[70] ^ 1);
  const bundle = await withLines(async (text) => [await line(stranger, text, { change: spoil }), await line(world.logKey, text), "\u2014 x AAAAAAA=\n"]);
  assert.equal((await check(bundle, { level: "log" })).verdict, "verified");
});
