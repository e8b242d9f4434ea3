// What of the page can be tested without a browser: files, its texts, its size, and that it keeps its own security policy.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { deflateSync } from "node:zlib";

import { tonnes } from "../../api/web/static/verifier/quantities.js";
import { stepsOf } from "../../api/web/static/verifier/steps.js";
import { bundleFromFile } from "../../api/web/static/verify_page/bundle_file.js";
import { factsOf } from "../../api/web/static/verify_page/facts.js";
import * as texts from "../../api/web/static/verify_page/texts.js";
import { bytesOfBundle, makeWorld } from "./helpers/bundles.mjs";

const STATIC = new URL("../../api/web/static/", import.meta.url);
const WHOLE_PAGE_BUDGET = 100 * 1024;
let bytes;
before(async () => {
  bytes = Buffer.from(bytesOfBundle((await makeWorld()).bundles.reductions));
});

function pdfWith(...attachments) {
  const parts = [Buffer.from("%PDF-1.7\n%\u00e2\u00e3\n1 0 obj\n<</Length 5>>\nstream\nhello\nendstream\nendobj\n2 0 obj\n<</Type /Catalog>>\nendobj\n", "latin1")];
  for (const { content, dictionary = "" } of attachments) {
    const head = `9 0 obj\n<</Type /EmbeddedFile /Params <</Size 1>> ${dictionary}/Length ${content.length}>>\nstream\n`;
    parts.push(Buffer.from(head), content, Buffer.from("\nendstream\nendobj\n"));
  }
  return new Uint8Array(Buffer.concat([...parts, Buffer.from("%%EOF\n")]));
}

test("a file that is no PDF is taken as it is", async () => {
  assert.deepEqual(Buffer.from(await bundleFromFile(new Uint8Array(bytes))), bytes);
});

test("the bundle attached to a PDF, plain or deflated, byte for byte", async () => {
  assert.deepEqual(Buffer.from(await bundleFromFile(pdfWith({ content: bytes }))), bytes);
  const deflated = { content: deflateSync(bytes), dictionary: "/Filter /FlateDecode " };
  assert.deepEqual(Buffer.from(await bundleFromFile(pdfWith(deflated))), bytes);
});

test("a PDF without attachment, with two, with an unknown filter or a false length gives nothing", async () => {
  const falseLength = pdfWith({ content: bytes });
  const text = Buffer.from(falseLength).toString("latin1").replace(`/Length ${bytes.length}`, "/Length 99999999");
  for (const pdf of [pdfWith(), pdfWith({ content: bytes }, { content: bytes }), pdfWith({ content: bytes, dictionary: "/Filter /LZWDecode " }), Buffer.from(text, "latin1")]) {
    assert.equal(await bundleFromFile(new Uint8Array(pdf)), null);
  }
});

test("what inflates without end is cut, and then too large to be verified", async () => {
  const bomb = { content: deflateSync(Buffer.alloc(50_000_000)), dictionary: "/Filter /FlateDecode " };
  const taken = await bundleFromFile(pdfWith(bomb));
  assert.ok(taken.length > 1_048_576 && taken.length < 3_000_000);
});

test("a field of any name is shown", () => {
  globalThis.document = { createElement: () => ({ setAttribute() {}, append() {} }) };
  const field = (name, value) => ({ name, value, salt: new Uint8Array(16) });
  const record = { fields: [field("constructor", "x"), field("field_names", ["constructor", "field_names"])] };
  const certificate = { kind: "campaign", number: 1, campaign_code: "A", class: "I", purpose: "event-neutrality" };
  const bundle = { certificate, record, leaf: { quantity_gco2e: 1n, timestamp: 0, index: 0 } };
  const rows = factsOf({ bundle, bundleHash: "0x", checkpoint: null, block: null, witnessCount: null });
  delete globalThis.document;
  assert.ok(rows.some(({ chinese, value }) => chinese === "constructor" && value === "x"));
});

test("tonnes are exact", () => {
  const cases = { 0: "0", 1: "0.000001", 10: "0.00001", 999999: "0.999999", 1000000: "1", 1500000: "1.5", "9223372036854775807": "9223372036854.775807" };
  for (const [grams, expected] of Object.entries(cases)) assert.equal(tonnes(BigInt(grams)), expected);
});

test("every step of every level has words in both languages", () => {
  for (const level of ["node", "log", "witnessed", "sealed"]) {
    assert.equal(texts.LEVELS[level].length, 2);
    for (const { name } of stepsOf(level)) assert.equal(texts.STEPS[name].filter((text) => text !== "").length, 2, name);
  }
});

test("the page has no inline script or style, and loads nothing from elsewhere", () => {
  const page = readFileSync(new URL("verify.html", STATIC), "utf8");
  assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/);
  assert.doesNotMatch(page, /(?:src|href)="(?:https?:)?\/\//);
  assert.match(page, /default-src 'none'; script-src 'self'; style-src 'self'/);
});

test("the page and all it loads at first are within the budget", () => {
  const own = ["verify.html", "verify_page/page.css"].map((name) => new URL(name, STATIC));
  const modules = ["verifier/", "verify_page/"].flatMap((folder) => {
    const url = new URL(folder, STATIC);
    return readdirSync(url).filter((name) => name.endsWith(".js")).map((name) => new URL(name, url));
  });
  const size = [...own, ...modules].reduce((sum, url) => sum + statSync(fileURLToPath(url)).size, 0);
  assert.ok(size < WHOLE_PAGE_BUDGET, `${size} bytes`);
});

test("every sentence of the page stands in both languages, the English in an element of its own", () => {
  const page = readFileSync(new URL("verify.html", STATIC), "utf8").replace(/<head>.*<\/head>/s, "");
  for (const [, tag, inside] of page.matchAll(/<(p|h1|h2|label|legend|summary|strong|button|a)\b[^>]*>((?:(?!<\/\1>).)*)<\/\1>/gs)) {
    if (!/[\u4e00-\u9fff]/.test(inside)) continue;
    assert.equal([...inside.matchAll(/<span class="en" lang="en">/g)].length, 1, `${tag}: ${inside}`);
  }
});
