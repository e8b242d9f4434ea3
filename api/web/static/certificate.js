// On a certificate's page: verifies the bundle in this browser, beside what the server said, and compares the bundle's
// hash with the one in the address (#bundle=…), which the QR code of a PDF carries. Without this the page reads on. The
// verifier is fetched when it is asked for: most who read a page do not.

import { toHex } from "./verifier/bytes.js";
import { sha256 } from "./verifier/hash.js";

const section = document.getElementById("check");
const button = document.getElementById("check-button");
const { bundle, logKey, witnessKeys, quorum, level } = section.dataset;

const trust = { logKey };
if (level === "witnessed") Object.assign(trust, { witnessKeys: witnessKeys.split(" "), quorum: Number(quorum) });

function say(place, kind, text, reason) {
  const said = document.createElement("p");
  said.className = `result ${kind}`;
  said.textContent = reason ? `${text} ${reason}` : text;
  document.getElementById(place).replaceChildren(said);
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

async function fetched() {
  const answer = await fetch(bundle, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function check() {
  const texts = section.dataset;
  say("check-result", "unclear", texts.running);
  try {
    const { verify } = await import("./verifier/verify.js");
    const found = await verify(await fetched(), trust, { level });
    const reason = found.reason?.[document.documentElement.lang.startsWith("zh") ? "chinese" : "english"];
    if (found.verdict === "verified") say("check-result", "good", texts.verified);
    else if (found.verdict === "could-not-run") say("check-result", "unclear", fill(texts.failed, { why: reason }));
    else {
      const name = section.getAttribute(`data-step-${found.step.name}`) ?? found.step.name;
      say("check-result", "bad", fill(texts.refused, { step: found.step.number, name }), reason);
    }
  } catch (error) {
    say("check-result", "unclear", fill(texts.failed, { why: error.message }));
  }
}

async function compare(wanted) {
  try {
    const same = wanted === toHex(await sha256(await fetched())).replace(/^0x/, "");
    say("check-hash", same ? "good" : "bad", same ? section.dataset.same : section.dataset.differs);
  } catch (error) {
    say("check-hash", "unclear", fill(section.dataset.failed, { why: error.message }));
  }
}

const wanted = /^#bundle=([0-9a-f]{64})$/.exec(location.hash)?.[1];
if (wanted !== undefined) await compare(wanted);
if (logKey) {
  button.hidden = false;
  button.addEventListener("click", check);
  if (wanted !== undefined) await check();
}
