// Level sealed: Keccak, RLP, recovery, and every step of a sealed receipt failing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { fromHex, toHex, utf8 } from "../../api/web/static/verifier/bytes.js";
import { Refused } from "../../api/web/static/verifier/outcomes.js";
import { checkSeals, headerOf } from "../../api/web/static/verifier/sealed/header.js";
import { keccak256 } from "../../api/web/static/verifier/sealed/keccak.js";
import { decodeRlp, encodeRlp } from "../../api/web/static/verifier/sealed/rlp.js";
import { recovered } from "../../api/web/static/verifier/sealed/secp256k1.js";
import { verify } from "../../api/web/static/verifier/verify.js";
import { ownVectors, sharedVectors } from "./helpers/vectors.mjs";

const { origin, validators, bundle: written } = ownVectors("sealed_bundle");
const trust = { origin, validators };
const EXTRA_DATA = 12;
const hex = (text) => fromHex(`0x${text}`);

const check = (bundle, pins = trust) => verify(typeof bundle === "string" ? utf8(bundle) : utf8(canonical(bundle)), pins, { level: "sealed" });
const copy = () => JSON.parse(written);

// Names in these bundles are ASCII, and no member is an integer, which JSON.stringify would put first.
function canonical(value) {
  const sorted = (_, one) => (one !== null && typeof one === "object" && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).sort()) : one);
  return JSON.stringify(value, sorted);
}

async function refusedAt(number, name, bundle, pins) {
  const verdict = await check(bundle, pins);
  assert.deepEqual([verdict.verdict, verdict.step], ["refused", { number, name }], verdict.reason?.english);
}

test("Keccak-256 of nothing, of a block and of more", () => {
  assert.equal(toHex(keccak256(new Uint8Array(0))), "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  assert.equal(toHex(keccak256(utf8("abc"))), "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
  assert.equal(toHex(keccak256(new Uint8Array(136))), "0x3a5912a7c5faa06ee4fe906253e339467a9ce87d533c65be3c15cb231cdb25f9");
});

test("RLP: what is canonical encodes back, anything else is refused", () => {
  for (const text of ["80", "00", "7f", "8180", "c0", "c180", "83646f67", "c88363617483646f67", "c7c0c1c0c3c0c1c0", `b838${"61".repeat(56)}`, `f838${"01".repeat(56)}`]) {
    assert.equal(toHex(encodeRlp(decodeRlp(hex(text)))), `0x${text}`);
  }
  const wrong = ["", "8100", "817f", "81", "b801", "b80161", "b83761", `b90038${"61".repeat(56)}`, "c1", "c28100", "c0c0", "8080", "f801", "bf0000000000000001", "c9".repeat(3)];
  for (const text of [...wrong, "cac9c8c7c6c5c4c3c2c1c0"]) assert.throws(() => decodeRlp(hex(text)), Refused, text);
});

test("recovery: low s, parity 0 or 1, r and s in range", () => {
  // EIP-155's example: its signing hash and signature, by the key of 46 46 … 46.
  const hash = hex("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
  const r = "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276";
  const s = "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";
  assert.equal(toHex(recovered(hash, hex(`${r}${s}00`))), "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const other = (order - BigInt(`0x${s}`)).toString(16).padStart(64, "0");
  const zero = "0".repeat(64);
  for (const seal of [`${r}${s}02`, `${r}${s}1b`, `${r}${other}01`, `${zero}${s}00`, `${r}${zero}00`, `${order.toString(16)}${s}00`]) assert.equal(recovered(hash, hex(seal)), null, seal);
});

const besu = sharedVectors("qbft-header-7528.json");
test("a header of Besu", { skip: besu === null && "the public vectors are not on this machine (../shared)" }, () => {
  const vector = JSON.parse(readFileSync(join(dirname(besu), "qbft-header-7528.json"), "utf8"));
  const header = headerOf(hex(vector.header_rlp_with_seals));
  assert.equal(toHex(header.sealedHash), `0x${vector.commit_hash}`);
  assert.equal(toHex(header.blockHash), `0x${vector.onchain_hash_derived_here_not_in_source}`);
  assert.equal(header.number, 7528n);
  const sealers = header.seals.map((seal) => recovered(header.sealedHash, seal));
  assert.equal(checkSeals(header, sealers), sealers.length);
});

test("verified: a bundle that rlp, py-trie and coincurve made", async () => {
  const verdict = await check(written);
  assert.equal(verdict.verdict, "verified", verdict.reason?.english);
  assert.deepEqual(verdict.steps.slice(10).map(({ name }) => name), ["header", "seals", "receipt", "event"]);
  assert.equal(verdict.block.number, 9n);
  assert.equal(verdict.checkpoint, null);
});

test("3 form: a proof of type log at this level", async () => {
  const bundle = copy();
  bundle.proof = { type: "log", inclusion: [], checkpoint: "" };
  await refusedAt(3, "form", bundle);
});

/** The bundle with another header, made by changing the decoded one and its decoded extraData. */
function withHeader(change) {
  const bundle = copy();
  const items = decodeRlp(fromHex(bundle.proof.header));
  const extra = decodeRlp(items[EXTRA_DATA]);
  change(items, extra);
  if (items.length > EXTRA_DATA) items[EXTRA_DATA] = encodeRlp(extra);
  bundle.proof.header = toHex(encodeRlp(items));
  return bundle;
}

test("11 header: items, widths, extraData", async () => {
  const changes = [
    (items) => items.pop() && items.pop(),
    (items) => items.push(...Array.from({ length: 9 }, () => new Uint8Array(0))),
    (items) => (items[0] = items[0].slice(1)),
    (items) => (items[7] = new Uint8Array([0])),
    (items) => (items[8] = new Uint8Array(9).fill(1)),
    (items) => (items[5] = []),
    (_, extra) => extra.pop(),
    (_, extra) => (extra[0] = new Uint8Array(31)),
    (_, extra) => extra[1].push(new Uint8Array(19)),
    (_, extra) => (extra[2] = [new Uint8Array(20)]),
    (_, extra) => (extra[2] = [new Uint8Array(20), new Uint8Array([1])]),
    (_, extra) => (extra[3] = new Uint8Array([0])),
    (_, extra) => (extra[3] = new Uint8Array(5).fill(1)),
    (_, extra) => extra[4].push(new Uint8Array(64)),
    (_, extra) => (extra[4] = new Uint8Array(65)),
  ];
  for (const change of changes) await refusedAt(11, "header", withHeader(change));
  const longer = copy();
  longer.proof.header += "00";
  await refusedAt(11, "header", longer);
  const tooLong = withHeader((_, extra) => extra[1].push(...Array.from({ length: 4000 }, () => new Uint8Array(20))));
  await refusedAt(11, "header", tooLong);
});

test("12 seals: too few, one twice, a false one, a stranger's, another header", async () => {
  const changes = [
    (_, extra) => extra[4].pop(),
    (_, extra) => (extra[4] = []),
    (_, extra) => extra[4].push(extra[4][0]),
    (_, extra) => (extra[4][0] = extra[4][0].with(64, 2)),
    (_, extra) => (extra[4][0] = extra[4][0].with(64, 1 - extra[4][0][64])),
    (_, extra) => (extra[3] = new Uint8Array([7])),
    (_, extra) => extra[1].pop(),
    (items) => (items[3] = items[3].with(0, items[3][0] ^ 1)),
  ];
  for (const change of changes) await refusedAt(12, "seals", withHeader(change));
  await refusedAt(12, "seals", written, { origin, validators: validators.slice(1) });
  await refusedAt(12, "seals", written, { origin, validators: [...validators, `0x${"1".repeat(40)}`, `0x${"2".repeat(40)}`] });
});

test("12 seals: two thirds are rounded up", async () => {
  const five = [...validators, `0x${"1".repeat(40)}`];
  assert.equal((await check(written, { origin, validators: validators.slice(0, 3) })).verdict, "verified");
  await refusedAt(12, "seals", written, { origin, validators: five });
});

test("13 receipt: another place, a path too short, too long, changed", async () => {
  const changes = [
    (proof) => (proof.transaction_index += 1),
    (proof) => (proof.transaction_index = 0),
    (proof) => (proof.transaction_index = Number.MAX_SAFE_INTEGER),
    (proof) => proof.path.pop(),
    (proof) => (proof.path = []),
    (proof) => proof.path.push(proof.path[0]),
    (proof) => proof.path.reverse(),
    (proof) => (proof.path[0] = `${proof.path[0].slice(0, -2)}${proof.path[0].endsWith("00") ? "01" : "00"}`),
    (proof) => (proof.path = Array.from({ length: 65 }, () => proof.path[0])),
  ];
  for (const change of changes) {
    const bundle = copy();
    change(bundle.proof);
    await refusedAt(13, "receipt", bundle);
  }
});

test("14 event: another position, another leaf", async () => {
  const changes = [
    (b) => (b.proof.log_position = 0),
    (b) => (b.proof.log_position = 7),
    (b) => (b.leaf.index += 1),
    (b) => (b.leaf.operation_id = `0x${"ab".repeat(32)}`),
    (b) => (b.leaf.timestamp += 1),
  ];
  for (const change of changes) {
    const bundle = copy();
    change(bundle);
    await refusedAt(14, "event", bundle);
  }
});

test("pins: none, one twice, no address", async () => {
  for (const pins of [{ origin }, { origin, validators: [] }, { origin, validators: [validators[0], validators[0]] }, { origin, validators: ["0x12"] }, { validators }]) {
    assert.equal((await check(written, pins)).verdict, "could-not-run");
  }
});
