// The one form in which a JSON value is hashed (RFC 8785, JSON Canonicalization Scheme).

import { utf8 } from "./bytes.js";

/** RFC 8785 bytes of a value that `parseStrict` gave. */
export function canonicalBytes(value) {
  return utf8(written(value));
}

// RFC 8785 took number and string forms from ECMAScript, so JSON.stringify writes both as it demands; names are sorted by UTF-16 code
// units, which is what sort() does.
function written(value) {
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${written(value[name])}`).join(",")}}`;
}
