// What the visitor pins. The defaults come from `trust.json` beside the page (the trust file of `tanpuhui verify --trust`).

import { fingerprint, LOG_KEY, verifierKey } from "../verifier/notes.js";
import { bilingual } from "./elements.js";

const element = (id) => document.getElementById(id);
let servedLogKey = null;

export function chosenLevel() {
  return document.querySelector("input[name=level]:checked").value;
}

/** Shows the fields of the chosen level only. */
export function showFields() {
  for (const field of document.querySelectorAll("[data-levels]")) field.hidden = !field.dataset.levels.split(" ").includes(chosenLevel());
}

export function readTrust() {
  const level = chosenLevel();
  if (level === "node") return { level, trust: { origin: element("origin").value.trim() }, node: { url: element("node").value.trim() } };
  if (level === "sealed") return { level, trust: { origin: element("origin").value.trim(), validators: linesOf("validators") } };
  const trust = { logKey: element("log-key").value };
  if (level === "log") return { level, trust };
  return { level, trust: { ...trust, witnessKeys: linesOf("witness-keys"), quorum: Number(element("quorum").value) } };
}

function linesOf(id) {
  return element(id).value.split("\n").filter((line) => line.trim() !== "");
}

/** Whether the key is the one that the page's own server offers, which proves nothing against that server. */
export function isServedKey(written) {
  return servedLogKey !== null && written?.trim() === servedLogKey;
}

export async function showFingerprint() {
  const written = element("log-key").value.trim();
  const key = await verifierKey(written);
  const isLogKey = key !== null && key.type === LOG_KEY;
  element("log-key-origin").hidden = !isServedKey(written);
  element("log-key-fingerprint").replaceChildren(
    ...(isLogKey ? [...bilingual("指纹", "Fingerprint"), " ", await digits(key)] : written === "" ? bilingual("没有公钥。", "No key.") : bilingual("这不是日志公钥。", "This is not a log's key.")),
  );
}

async function digits(key) {
  const shown = document.createElement("code");
  shown.className = "fingerprint";
  shown.textContent = await fingerprint(key);
  return shown;
}

/** Fills empty fields with what the server offers; without it the visitor enters them. */
export async function fillTrust() {
  const offered = await served();
  servedLogKey = typeof offered.log_key === "string" ? offered.log_key.trim() : null;
  if (element("log-key").value === "") element("log-key").value = servedLogKey ?? "";
  if (element("origin").value === "") element("origin").value = offered.origin ?? "";
  if (Array.isArray(offered.witnesses) && element("witness-keys").value === "") {
    element("witness-keys").value = offered.witnesses.join("\n");
    element("quorum").value = offered.quorum || "";
  }
  if (Array.isArray(offered.validators) && element("validators").value === "") element("validators").value = offered.validators.join("\n");
  await showFingerprint();
}

async function served() {
  try {
    const response = await fetch("trust.json", { cache: "no-cache", credentials: "omit" });
    return (response.ok && (await response.json())) || {};
  } catch {
    return {};
  }
}
