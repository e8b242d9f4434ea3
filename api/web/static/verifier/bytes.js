// Bytes as hexadecimal, base64, UTF-8 and big-endian whole numbers (docs/spec/03-encodings.md).

const HEX_DIGITS = "0123456789abcdef";

export function concatenate(...parts) {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

export function equalBytes(one, other) {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}

/** 0x and two lower-case digits for each byte. */
export function toHex(bytes) {
  let text = "0x";
  for (const byte of bytes) text += HEX_DIGITS[byte >> 4] + HEX_DIGITS[byte & 15];
  return text;
}

// "0" to "9" are 48 to 57, "a" to "f" 97 to 102.
function digitValue(code) {
  return code < 58 ? code - 48 : code - 87;
}

/** Bytes of 0x-hex, in lower-case digits, that is known to be well formed. */
export function fromHex(text) {
  const bytes = new Uint8Array(text.length / 2 - 1);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = digitValue(text.charCodeAt(2 * index + 2)) * 16 + digitValue(text.charCodeAt(2 * index + 3));
  }
  return bytes;
}

/** Base64 with padding (RFC 4648 §4). */
export function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

/** Bytes of base64 with padding and no spare bits; null for anything else. */
export function fromBase64(text) {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return toBase64(bytes) === text ? bytes : null;
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text) {
  return ENCODER.encode(text);
}

/** The text of UTF-8 bytes, a byte order mark left in it; null where they are none. */
export function fromUtf8(bytes) {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

function unsigned(value, width) {
  let rest = BigInt(value);
  if (rest < 0n || rest >> BigInt(8 * width) !== 0n) throw new RangeError(`${value} does not fit ${width} bytes`);
  const bytes = new Uint8Array(width);
  for (let index = width - 1; index >= 0; index -= 1) {
    bytes[index] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

export const u8 = (value) => unsigned(value, 1);
export const u16 = (value) => unsigned(value, 2);
export const u32 = (value) => unsigned(value, 4);
export const u64 = (value) => unsigned(value, 8);
export const u128 = (value) => unsigned(value, 16);
