// Strict JSON: what JSON.parse lets through, and what the verifier must not.

import assert from "node:assert/strict";
import { test } from "node:test";

import { canonicalBytes } from "../../api/web/static/verifier/canonical.js";
import { parseStrict } from "../../api/web/static/verifier/json.js";
import { Refused } from "../../api/web/static/verifier/outcomes.js";

const LIMITS = { maximumDepth: 16 };
const bytes = (text) => Buffer.from(text, "utf8");

const REFUSED = [
  ["a member twice", '{"a":1,"a":2}', /"a" stands there twice/],
  ["a member twice, once escaped", '{"a":1,"\\u0061":1}', /"a" stands there twice/],
  ["__proto__ twice", '{"__proto__":1,"__proto__":1}', /twice/],
  ["1e400", "1e400", /not whole or exceeds/],
  ["2^53", "9007199254740992", /not whole or exceeds/],
  ["-2^53", "-9007199254740992", /not whole or exceeds/],
  ["a fraction", "1.5", /not whole/],
  ["a whole number with a fraction of zero", "1.0", /not whole/],
  ["an exponent", "1e2", /not whole/],
  ["a leading zero", "01", /follows the end/],
  ["a plus sign", "+1", /value is missing/],
  ["NaN", "NaN", /value is missing/],
  ["Infinity", "-Infinity", /value is missing/],
  ["17 lists", "[".repeat(17) + "]".repeat(17), /nested more than 16/],
  ["a million lists", "[".repeat(1_000_000), /nested more than 16/],
  ["a lone high surrogate", '"\\ud800"', /lone surrogate/],
  ["a lone low surrogate", '"\\udc00"', /lone surrogate/],
  ["surrogates the wrong way round", '"\\udc00\\ud800"', /lone surrogate/],
  ["a lone surrogate in a name", '{"\\ud800":1}', /lone surrogate/],
  ["a byte order mark", "\ufeff{}", /value is missing/],
  ["nothing", "", /value is missing/],
  ["two documents", "{}{}", /follows the end/],
  ["a comma at the end of a list", "[1,]", /value is missing/],
  ["a comma at the end of an object", '{"a":1,}', /string is missing/],
  ["a comment", "/**/1", /value is missing/],
  ["single quotes", "'a'", /value is missing/],
  ["an unknown escape", '"\\x41"', /unknown escape/],
  ["an escape named as Object has a member", '"\\constructor"', /unknown escape/],
  ["three hexadecimal digits", '"\\u041"', /unknown escape/],
  ["a control character", '"\n"', /control character/],
  ["a string without end", '"abc', /does not end/],
  ["an object without end", '{"a":1', /\} is missing/],
  ["a word that is none", "nul", /unknown word/],
  ["a form feed as space", "\f1", /value is missing/],
  ["a no-break space as space", "\u00a01", /value is missing/],
];

for (const [name, text, reason] of REFUSED) {
  test(`refused: ${name}`, () => {
    assert.throws(() => parseStrict(bytes(text), LIMITS), (error) => error instanceof Refused && reason.test(error.message));
  });
}

test("refused: bytes that are not UTF-8", () => {
  for (const wrong of [[0x22, 0xff, 0x22], [0x22, 0xc0, 0xaf, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]]) {
    assert.throws(() => parseStrict(Uint8Array.from(wrong), LIMITS), /not UTF-8/);
  }
});

test("taken: 16 lists, the largest numbers, pairs of surrogates, __proto__ as a name", () => {
  assert.ok(parseStrict(bytes("[".repeat(16) + "]".repeat(16)), LIMITS));
  assert.deepEqual(parseStrict(bytes("[9007199254740991,-9007199254740991,0]"), LIMITS), [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 0]);
  assert.equal(parseStrict(bytes('"\\ud83d\\ude00"'), LIMITS), "😀");
  const document = '{"__proto__":{"a":1}}';
  assert.equal(Buffer.from(canonicalBytes(parseStrict(bytes(document), LIMITS))).toString(), document);
});

test("canonical: names by UTF-16 code units, escapes as ECMAScript writes them, no minus zero", () => {
  const value = parseStrict(bytes('{"\u20ac":1,"\\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":"\\u001f\\/\\u2028", "a":-0}'), LIMITS);
  const expected = '{"\\r":2,"1":4,"a":0,"\u0080":6,"\u00f6":"\\u001f/\u2028","\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}';
  assert.equal(Buffer.from(canonicalBytes(value)).toString(), expected);
});
