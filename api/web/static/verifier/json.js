// A strict reader of JSON (RFC 8259): no byte order mark, no member twice, no lone surrogate, bounded depth and numbers.
// JSON.parse keeps the last of two equal members silently, and rounds numbers.

import { fromUtf8 } from "./bytes.js";
import { Refused } from "./outcomes.js";

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WHOLE = /^-?(?:0|[1-9][0-9]*)$/;
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]*/y;
const HEX4 = /[0-9A-Fa-f]{4}/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const LITERALS = { t: ["true", true], f: ["false", false], n: ["null", null] };

/**
 * The value of JSON bytes; objects have no prototype, so that any member name is only a name.
 *
 * @param {Uint8Array} bytes
 * @param {{maximumDepth: number, floats?: boolean}} limits `floats` lets any finite number through, for the vectors of RFC 8785.
 * @throws {Refused}
 */
export function parseStrict(bytes, { maximumDepth, floats = false }) {
  const text = fromUtf8(bytes);
  if (text === null) throw new Refused("The file is not UTF-8 text.", "文件不是 UTF-8 文本。");
  const reader = new Reader(text, maximumDepth, floats);
  const value = reader.value(0);
  reader.skipSpace();
  if (reader.position !== text.length) reader.fail("something follows the end of the document", "文档结束后还有内容");
  return value;
}

class Reader {
  constructor(text, maximumDepth, floats) {
    this.text = text;
    this.maximumDepth = maximumDepth;
    this.floats = floats;
    this.position = 0;
  }

  fail(english, chinese) {
    throw new Refused(`Not strict JSON: ${english} (character ${this.position}).`, `不是严格的 JSON：${chinese}（第 ${this.position} 个字符）。`);
  }

  skipSpace() {
    while (" \t\n\r".includes(this.text[this.position] || "end")) this.position += 1;
  }

  /** The next character, if it is the one; it is then read. */
  takes(character) {
    this.skipSpace();
    if (this.text[this.position] !== character) return false;
    this.position += 1;
    return true;
  }

  expect(character) {
    if (!this.takes(character)) this.fail(`${character} is missing`, `缺少 ${character}`);
  }

  match(pattern) {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found === null) return null;
    this.position = pattern.lastIndex;
    return found[0];
  }

  value(depth) {
    this.skipSpace();
    const first = this.text[this.position];
    if (first === "{" || first === "[") {
      if (depth === this.maximumDepth) this.fail(`nested more than ${this.maximumDepth} deep`, `嵌套超过 ${this.maximumDepth} 层`);
      this.position += 1;
      return first === "{" ? this.object(depth + 1) : this.list(depth + 1);
    }
    if (first === '"') return this.string();
    if (first in LITERALS) return this.literal(...LITERALS[first]);
    return this.number();
  }

  object(depth) {
    const members = Object.create(null);
    if (this.takes("}")) return members;
    do {
      this.skipSpace();
      const name = this.string();
      if (name in members) this.fail(`the member ${JSON.stringify(name)} stands there twice`, `成员 ${JSON.stringify(name)} 出现两次`);
      this.expect(":");
      members[name] = this.value(depth);
    } while (this.takes(","));
    this.expect("}");
    return members;
  }

  list(depth) {
    const items = [];
    if (this.takes("]")) return items;
    do items.push(this.value(depth));
    while (this.takes(","));
    this.expect("]");
    return items;
  }

  string() {
    if (this.text[this.position] !== '"') this.fail("a string is missing", "缺少字符串");
    this.position += 1;
    let content = this.match(PLAIN_CHARACTERS);
    while (this.text[this.position] === "\\") {
      this.position += 1;
      content += this.escape() + this.match(PLAIN_CHARACTERS);
    }
    if (this.text[this.position] !== '"') this.fail("a string does not end, or holds a control character", "字符串没有结束，或含有控制字符");
    this.position += 1;
    if (LONE_SURROGATE.test(content)) this.fail("a string holds half a character (lone surrogate)", "字符串含有半个字符（单独的代理项）");
    return content;
  }

  escape() {
    const letter = this.text[this.position] ?? "";
    this.position += 1;
    if (letter === "u") {
      const digits = this.match(HEX4);
      if (digits !== null) return String.fromCharCode(Number.parseInt(digits, 16));
    } else if (Object.hasOwn(ESCAPES, letter)) {
      return ESCAPES[letter];
    }
    return this.fail("an unknown escape", "未知的转义");
  }

  literal(word, value) {
    if (!this.text.startsWith(word, this.position)) this.fail("an unknown word", "未知的词");
    this.position += word.length;
    return value;
  }

  number() {
    const digits = this.match(NUMBER);
    if (digits === null) this.fail("a value is missing", "缺少值");
    const number = Number(digits);
    const fits = this.floats ? Number.isFinite(number) : WHOLE.test(digits) && Number.isSafeInteger(number);
    if (!fits) this.fail("a number is not whole or exceeds 2^53 - 1", "数不是整数，或超过 2^53 - 1");
    return number;
  }
}
