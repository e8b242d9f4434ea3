// Checkpoints: what a log says of itself (docs/spec/07-log.md §7.3).

import { fromBase64 } from "./bytes.js";
import { parseNote } from "./notes.js";
import { Refused } from "./outcomes.js";

const SIZE_LIMIT = 2n ** 63n;
const ROOT_BYTES = 32;

/**
 * A checkpoint from a signed note, or from its text alone.
 *
 * @returns {{note: object, origin: string, size: bigint, root: Uint8Array}}
 */
export function checkpointOf(written) {
  const note = parseNote(written);
  const lines = note.text.split("\n");
  const root = fromBase64(lines[2] ?? "");
  const isWhole = lines.length === 4 && lines[0] !== "" && lines[3] === "" && /^(?:0|[1-9][0-9]{0,18})$/.test(lines[1]);
  if (!isWhole || BigInt(lines[1]) >= SIZE_LIMIT || root?.length !== ROOT_BYTES) {
    throw new Refused("The checkpoint is not three lines of origin, size and root.", "检查点不是由来源、大小和根三行组成。");
  }
  return { note, origin: lines[0], size: BigInt(lines[1]), root };
}
