// Signed notes and the verifier keys of logs and witnesses (docs/spec/07-log.md §7.2).

import { concatenate, equalBytes, fromBase64, toHex, utf8 } from "./bytes.js";
import { verifyEd25519 } from "./ed25519.js";
import { sha256 } from "./hash.js";
import { Refused } from "./outcomes.js";

const LARGEST_NOTE = 65_536;
const MOST_SIGNATURES = 64;
const KEY_ID_BYTES = 4;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const TIMESTAMP_BYTES = 8;
const LATEST_TIMESTAMP = 2n ** 63n - 1n;
const NAME = /^[^+\p{White_Space}\p{Cc}]{1,255}$/u;
const FORBIDDEN_CHARACTER = /[^\n\P{Cc}]/u;

export const LOG_KEY = 1;
export const WITNESS_KEY = 4;

/**
 * A verifier key from its written form, `name+key id+base64(type | public key)`; null where it is none.
 *
 * @returns {Promise<{name: string, type: number, id: Uint8Array, publicKey: Uint8Array} | null>}
 */
export async function verifierKey(text) {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text);
  const content = parts && fromBase64(parts[3]);
  if (!content || content.length !== 1 + PUBLIC_KEY_BYTES || !NAME.test(parts[1])) return null;
  const id = (await sha256(utf8(`${parts[1]}\n`), content)).slice(0, KEY_ID_BYTES);
  if (toHex(id) !== `0x${parts[2]}`) return null;
  return { name: parts[1], type: content[0], id, publicKey: content.slice(1) };
}

/** Text and signature lines of a note. */
export function parseNote(note) {
  if (utf8(note).length > LARGEST_NOTE) refuseNote("it is too long", "过长");
  if (FORBIDDEN_CHARACTER.test(note)) refuseNote("it has control characters", "含有控制字符");
  const split = note.lastIndexOf("\n\n");
  if (split < 0) return { text: note, signatures: [] };
  const lines = note.slice(split + 2).split("\n");
  if (lines.pop() !== "" || lines.length < 1 || lines.length > MOST_SIGNATURES) refuseNote("it has no signature line, or too many", "没有签名行，或签名行过多");
  return { text: note.slice(0, split + 1), signatures: lines.map(signatureLine) };
}

function refuseNote(english, chinese) {
  throw new Refused(`The checkpoint is not a well-formed note: ${english}.`, `检查点不是格式正确的签名文本：${chinese}。`);
}

function signatureLine(line) {
  const parts = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line);
  const content = parts && fromBase64(parts[2]);
  if (!content || content.length <= KEY_ID_BYTES || !NAME.test(parts[1])) refuseNote("a signature line is malformed", "签名行格式错误");
  return { name: parts[1], id: content.slice(0, KEY_ID_BYTES), signature: content.slice(KEY_ID_BYTES) };
}

/** Whether the note has a valid line of the key; a line of the key that does not verify refuses the note. */
export async function hasLineOf({ text, signatures }, key) {
  let found = false;
  for (const { name, id, signature } of signatures) {
    if (name !== key.name || !equalBytes(id, key.id)) continue;
    const isValid = await (key.type === WITNESS_KEY ? isCosignature : isSignature)(key.publicKey, signature, text);
    if (!isValid) throw new Refused(`A signature of ${name} on the checkpoint is false.`, `检查点上 ${name} 的签名是错误的。`);
    found = true;
  }
  return found;
}

async function isSignature(publicKey, signature, text) {
  return signature.length === SIGNATURE_BYTES && verifyEd25519(publicKey, signature, utf8(text));
}

async function isCosignature(publicKey, signature, text) {
  if (signature.length !== TIMESTAMP_BYTES + SIGNATURE_BYTES) return false;
  const timestamp = BigInt(toHex(signature.slice(0, TIMESTAMP_BYTES)));
  if (timestamp > LATEST_TIMESTAMP) return false;
  const message = concatenate(utf8(`cosignature/v1\ntime ${timestamp}\n`), utf8(text));
  return verifyEd25519(publicKey, signature.slice(TIMESTAMP_BYTES), message);
}

/** What a person compares over another channel: the SHA-256 of type and public key, in groups of four digits. */
export async function fingerprint(key) {
  const digits = toHex(await sha256(new Uint8Array([key.type]), key.publicKey)).slice(2);
  return digits.match(/.{4}/g).join(" ");
}
