// Forms of single values: each checker refuses what has another form and gives the value as the other modules use it (hashes as bytes,
// quantities as BigInt, words as they are).

import { fromHex } from "./bytes.js";
import { Refused } from "./outcomes.js";

const FIELD_NAME = /^[a-z][a-z0-9_]{0,63}$/;
const CODE = /^[\x21-\x7e]{1,64}$/;
const DECIMAL = /^(?:0|[1-9][0-9]{0,38})$/;
const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const MILLISECONDS_PER_DAY = 86_400_000;

export function refuseForm(where, english, chinese) {
  throw new Refused(`${where} must be ${english}.`, `${where} 必须是${chinese}。`);
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** An object with exactly these members: each of `checkers` gets the member and its place in the bundle. */
export function members(checkers) {
  const names = Object.keys(checkers);
  return (value, where) => {
    if (!isObject(value)) refuseForm(where, "an object", "对象");
    const missing = names.find((name) => !Object.hasOwn(value, name));
    if (missing !== undefined) throw new Refused(`${where} lacks the member ${missing}.`, `${where} 缺少成员 ${missing}。`);
    const unknown = Object.keys(value).find((name) => !Object.hasOwn(checkers, name));
    if (unknown !== undefined) throw new Refused(`${where} has the unknown member ${unknown}.`, `${where} 有未知成员 ${unknown}。`);
    const checked = {};
    for (const name of names) checked[name] = checkers[name](value[name], `${where}.${name}`);
    return checked;
  };
}

/** Where an object may have one of several forms: by the word in one member. */
export function membersByWord(member, forms) {
  return (value, where) => {
    if (!isObject(value)) refuseForm(where, "an object", "对象");
    const word = oneOf(forms)(value[member], `${where}.${member}`);
    return forms[word](value, where);
  };
}

export function list(checker) {
  return (value, where) => {
    if (!Array.isArray(value)) refuseForm(where, "a list", "列表");
    return value.map((item, index) => checker(item, `${where}[${index}]`));
  };
}

export function nullOr(checker) {
  return (value, where) => (value === null ? null : checker(value, where));
}

export function exactly(expected) {
  return (value, where) => (value === expected ? value : refuseForm(where, JSON.stringify(expected), ` ${JSON.stringify(expected)}`));
}

/** One of the words that `table` has. */
export function oneOf(table) {
  return (value, where) => {
    if (typeof value === "string" && Object.hasOwn(table, value)) return value;
    return refuseForm(where, `one of ${Object.keys(table).join(", ")}`, `以下之一：${Object.keys(table).join("、")}`);
  };
}

export function whole(least = 0, most = Number.MAX_SAFE_INTEGER) {
  return (value, where) => {
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    return refuseForm(where, `a whole number from ${least} to ${most}`, ` ${least} 到 ${most} 的整数`);
  };
}

/** Decimal string of a whole number that fits so many bits, as BigInt. */
export function decimal(bits, least = 0n) {
  return (value, where) => {
    if (typeof value === "string" && DECIMAL.test(value)) {
      const number = BigInt(value);
      if (number >= least && number >> BigInt(bits) === 0n) return number;
    }
    return refuseForm(where, `a decimal string from ${least} to 2^${bits} - 1`, ` ${least} 到 2^${bits} - 1 的十进制字符串`);
  };
}

/** 0x-hex of so many bytes. */
export function fixedBytes(length) {
  const pattern = new RegExp(`^0x[0-9a-f]{${2 * length}}$`);
  return (value, where) => {
    if (typeof value === "string" && pattern.test(value)) return fromHex(value);
    return refuseForm(where, `0x and ${2 * length} lower-case hexadecimal digits`, ` 0x 加 ${2 * length} 位小写十六进制数字`);
  };
}

export const hash = fixedBytes(32);
export const address = fixedBytes(20);
export const salt = fixedBytes(16);

export function someBytes(value, where) {
  if (typeof value === "string" && value.length % 2 === 0 && /^0x[0-9a-f]+$/.test(value)) return fromHex(value);
  return refuseForm(where, "0x and pairs of lower-case hexadecimal digits", " 0x 加成对的小写十六进制数字");
}

export function text(value, where) {
  return typeof value === "string" ? value : refuseForm(where, "text", "文本");
}

export function anyValue(value) {
  return value;
}

export function object(value, where) {
  return isObject(value) ? value : refuseForm(where, "an object", "对象");
}

export function isFieldName(value) {
  return typeof value === "string" && FIELD_NAME.test(value);
}

export function fieldName(value, where) {
  return isFieldName(value) ? value : refuseForm(where, "a field name", "字段名");
}

export function code(value, where) {
  if (typeof value === "string" && CODE.test(value)) return value;
  return refuseForm(where, "a code of 1 to 64 printable characters", " 1 到 64 个可打印字符的代码");
}

/** A civil day as days since 1970-01-01. */
export function day(value, where) {
  if (typeof value === "string" && DAY.test(value)) {
    const days = Date.parse(`${value}T00:00:00Z`) / MILLISECONDS_PER_DAY;
    // Date.parse lets 31 February run over into March.
    if (days >= 0 && new Date(days * MILLISECONDS_PER_DAY).toISOString().startsWith(value)) return days;
  }
  return refuseForm(where, "a day YYYY-MM-DD from 1970-01-01", " 1970-01-01 起的日期 YYYY-MM-DD");
}
