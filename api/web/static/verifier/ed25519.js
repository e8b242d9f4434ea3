// Ed25519 (RFC 8032) of WebCrypto.

import { equalBytes } from "./bytes.js";
import { webCrypto } from "./hash.js";
import { CouldNotRun } from "./outcomes.js";

// y coordinates of the points of small order, the sign bit cleared. Anyone can make signatures that such a "key" takes for valid;
// implementations differ in whether they refuse them, so we do it ourselves.
const SMALL_ORDER = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((digits) => Uint8Array.from(digits.match(/../g), (pair) => Number.parseInt(pair, 16)));

export function isOfSmallOrder(point) {
  const magnitude = point.slice(0, 32);
  magnitude[31] &= 0x7f;
  return SMALL_ORDER.some((small) => equalBytes(small, magnitude));
}

async function imported(publicKey) {
  const subtle = webCrypto();
  try {
    return await subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error.name === "DataError") return null;
    throw new CouldNotRun(
      "This browser cannot check Ed25519 signatures. Use a newer browser, or the command tanpuhui verify.",
      "此浏览器不能检验 Ed25519 签名。请使用较新的浏览器，或命令 tanpuhui verify。",
    );
  }
}

/** Whether the signature of 64 bytes is one of the message by the key of 32. */
export async function verifyEd25519(publicKey, signature, message) {
  const key = await imported(publicKey);
  if (key === null || isOfSmallOrder(publicKey) || isOfSmallOrder(signature)) return false;
  return webCrypto().verify({ name: "Ed25519" }, key, signature, message);
}
