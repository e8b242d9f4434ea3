// SHA-256 of WebCrypto, the only hash of a bundle with a log proof.

import { concatenate } from "./bytes.js";
import { CouldNotRun } from "./outcomes.js";

/** WebCrypto of this browser or Node. */
export function webCrypto() {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new CouldNotRun(
      "This browser gives pages no cryptography here. Open the page over https, or from this machine (localhost).",
      "此处浏览器不提供加密功能。请用 https 打开本页，或在本机（localhost）打开。",
    );
  }
  return subtle;
}

/** SHA-256 of the joined parts. */
export async function sha256(...parts) {
  return new Uint8Array(await webCrypto().digest("SHA-256", concatenate(...parts)));
}
