// Inclusion in the log (RFC 9162 §2.1.3).

import { logNode } from "./encodings.js";
import { siblings } from "./tree_path.js";

/** The root to which a path leads; null where it has another length than index and size have. */
export async function rootOfPath(leafHash, index, size, path) {
  const sides = siblings(index, size);
  if (sides.length !== path.length) return null;
  let hash = leafHash;
  for (const [place, { isLeft }] of sides.entries()) {
    hash = await (isLeft ? logNode(path[place], hash) : logNode(hash, path[place]));
  }
  return hash;
}
