// Where vectors are, and how their values become bytes.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SHARED = process.env.TANPUHUI_SHARED ?? join(ROOT, "..", "shared");

export const VERIFIER = new URL("../../../api/web/static/verifier/", import.meta.url);

export function ownVectors(name) {
  return JSON.parse(readFileSync(join(ROOT, "tests", "vectors", `${name}.json`), "utf8"));
}

/** The folder of public vectors beside the repository; null, and the test says so, where it is not there. */
export function sharedVectors(name) {
  const folder = join(SHARED, "vectors", name);
  return existsSync(folder) ? folder : null;
}

export function bytesOf(hexadecimal) {
  return new Uint8Array(Buffer.from(hexadecimal.slice(2), "hex"));
}
