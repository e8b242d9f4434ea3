// Keys of logs and witnesses for tests, and the notes that they sign (docs/spec/07-log.md §7.2).

import { concatenate, toHex, u64, utf8 } from "../../../api/web/static/verifier/bytes.js";
import { sha256 } from "../../../api/web/static/verifier/hash.js";

export const LOG_TYPE = 1;
export const WITNESS_TYPE = 4;
const { subtle } = globalThis.crypto;

export async function makeKey(name, type) {
  const { privateKey, publicKey } = await subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  return { name, type, privateKey, publicKey: new Uint8Array(await subtle.exportKey("raw", publicKey)) };
}

export async function keyId({ name, type, publicKey }) {
  return (await sha256(utf8(`${name}\n`), new Uint8Array([type]), publicKey)).slice(0, 4);
}

/** The written verifier key. */
export async function written(key) {
  return `${key.name}+${toHex(await keyId(key)).slice(2)}+${base64(concatenate(new Uint8Array([key.type]), key.publicKey))}`;
}

export function base64(bytes) {
  return Buffer.from(bytes).toString("base64");
}

/** A signature line of the key over the text; `change` may spoil the signature. */
export async function line(key, text, { timestamp = 1_760_000_000n, change = (signature) => signature } = {}) {
  const message = key.type === WITNESS_TYPE ? `cosignature/v1\ntime ${timestamp}\n${text}` : text;
  const signature = new Uint8Array(await subtle.sign({ name: "Ed25519" }, key.privateKey, utf8(message)));
  const content = key.type === WITNESS_TYPE ? concatenate(u64(timestamp), signature) : signature;
  return `\u2014 ${key.name} ${base64(concatenate(await keyId(key), change(content)))}\n`;
}

export async function note(text, ...keys) {
  const lines = await Promise.all(keys.map((key) => line(key, text)));
  return `${text}\n${lines.join("")}`;
}
