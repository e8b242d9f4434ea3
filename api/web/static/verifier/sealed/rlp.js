// RLP (Ethereum yellow paper, appendix B), of which only the canonical form is read.

import { concatenate } from "../bytes.js";
import { Refused } from "../outcomes.js";

const DEEPEST_LIST = 8;

/** Bytes as Uint8Array, lists as arrays. Canonical: whatever is read encodes back to the same bytes. */
export function decodeRlp(bytes) {
  const { item, end } = read(bytes, 0, bytes.length, 0);
  if (end !== bytes.length) refuse("something follows it", "其后还有内容");
  return item;
}

export function encodeRlp(item) {
  if (item instanceof Uint8Array) return item.length === 1 && item[0] < 0x80 ? item : concatenate(prefix(0x80, item.length), item);
  const content = concatenate(...item.map(encodeRlp));
  return concatenate(prefix(0xc0, content.length), content);
}

function refuse(english, chinese) {
  throw new Refused(`Not canonical RLP: ${english}.`, `不是规范的 RLP：${chinese}。`);
}

function prefix(offset, length) {
  if (length < 56) return new Uint8Array([offset + length]);
  const digits = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return new Uint8Array([offset + 55 + digits.length, ...digits]);
}

function read(bytes, at, limit, depth) {
  if (at >= limit) refuse("an item is missing", "缺少一项");
  const first = bytes[at];
  if (first < 0x80) return { item: bytes.slice(at, at + 1), end: at + 1 };
  const isList = first >= 0xc0;
  const { start, end } = extent(bytes, at, limit, first - (isList ? 0xc0 : 0x80));
  if (isList) return { item: readList(bytes, start, end, depth + 1), end };
  if (end - start === 1 && bytes[start] < 0x80) refuse("a byte has a length that it does not need", "单字节带有多余的长度");
  return { item: bytes.slice(start, end), end };
}

function readList(bytes, start, limit, depth) {
  if (depth > DEEPEST_LIST) refuse("its lists are nested too deep", "列表嵌套过深");
  const items = [];
  for (let at = start; at < limit; ) {
    const { item, end } = read(bytes, at, limit, depth);
    items.push(item);
    at = end;
  }
  return items;
}

/** Where the content of an item is. */
function extent(bytes, at, limit, code) {
  const digits = Math.max(0, code - 55);
  const start = at + 1 + digits;
  let length = code;
  if (digits > 0) {
    // No document here needs four bytes of length, and four keep the sum exact.
    if (digits > 4 || start > limit || bytes[at + 1] === 0) refuse("a length is malformed", "长度格式错误");
    length = bytes.slice(at + 1, start).reduce((sum, byte) => sum * 256 + byte, 0);
    if (length < 56) refuse("a length is longer than it needs to be", "长度写得过长");
  }
  if (start + length > limit) refuse("an item ends too late", "某项超出范围");
  return { start, end: start + length };
}
