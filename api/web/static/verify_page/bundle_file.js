// The bundle in a file: the file itself, or the JSON attached to a PDF of a certificate. Whatever is taken from a PDF is what is verified;
// the PDF's own pages are not.

import { LARGEST_BUNDLE } from "../verifier/verify.js";

const PDF_START = "%PDF-";
const LONGEST_DICTIONARY = 4096;
const ATTACHMENT = /\/Type\s*\/EmbeddedFile\b/;

/** Bytes of the bundle; null where a PDF has none that we can read, or several. */
export async function bundleFromFile(bytes) {
  const isPdf = latin1(bytes.subarray(0, PDF_START.length)) === PDF_START;
  return isPdf ? attachedBundle(bytes) : bytes;
}

// A character a byte, so that places in the text are places in the bytes.
function latin1(bytes) {
  return new TextDecoder("latin1").decode(bytes);
}

async function attachedBundle(bytes) {
  const attachments = streams(latin1(bytes)).filter(({ dictionary }) => ATTACHMENT.test(dictionary));
  if (attachments.length !== 1) return null;
  const [{ dictionary, start }] = attachments;
  const length = Number(/\/Length\s+(\d+)(?!\s+\d+\s+R)/.exec(dictionary)?.[1]);
  if (!Number.isSafeInteger(length) || start + length > bytes.length) return null;
  const content = bytes.slice(start, start + length);
  if (!/\/Filter\b/.test(dictionary)) return content;
  return /\/Filter\s*\[?\s*\/FlateDecode\b/.test(dictionary) ? inflated(content) : null;
}

/** Dictionary and first place of every stream of a PDF. */
function streams(text) {
  return [...text.matchAll(/(?<=>>\s{0,4})stream\r?\n/g)].map((found) => {
    const before = text.slice(Math.max(0, found.index - LONGEST_DICTIONARY), found.index);
    return { dictionary: before.slice(before.lastIndexOf(" obj")), start: found.index + found[0].length };
  });
}

/** Inflated bytes, of which no more are read than a bundle may have. */
async function inflated(content) {
  const reader = new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const parts = [];
  let length = 0;
  for (let part = await reader.read(); !part.done && length <= LARGEST_BUNDLE; part = await reader.read()) {
    parts.push(part.value);
    length += part.value.length;
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
