// What the visitor pins. The defaults come from `trust.json` beside the page (the trust file of `tanpuhui verify --trust`).

import { fingerprint, LOG_KEY, verifierKey } from "../verifier/notes.js";
import { bilingual } from "./elements.js";

const element = (id) => document.getElementById(id);
let servedPins = {};

export function chosenLevel() {
  return document.querySelector("input[name=level]:checked").value;
}

/** Shows the fields of the chosen level only. */
export function showFields() {
  for (const field of document.querySelectorAll("[data-levels]")) field.hidden = !field.dataset.levels.split(" ").includes(chosenLevel());
  element("served").hidden = !usesServedPins();
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

/** Whether a field of the chosen level holds what the page's own server offered, which proves nothing against that server. */
export function usesServedPins() {
  const isUsed = (id) => !element(id).closest("[data-levels]").hidden;
  return Object.entries(servedPins).some(([id, text]) => isUsed(id) && linesOf(id).some((line) => text.split("\n").includes(line.trim())));
}

export async function showFingerprint() {
  element("served").hidden = !usesServedPins();
  const written = element("log-key").value.trim();
  const key = await verifierKey(written);
  const isLogKey = key !== null && key.type === LOG_KEY;
  const missing = written === "" ? bilingual("没有公钥。", "No key.") : bilingual("这不是日志公钥。", "This is not a log's key.");
  element("log-key-fingerprint").replaceChildren(...(isLogKey ? [...bilingual("指纹", "Fingerprint"), " ", await digits(key)] : missing));
}

async function digits(key) {
  const shown = document.createElement("code");
  shown.className = "fingerprint";
  shown.textContent = await fingerprint(key);
  return shown;
}

/** Fills empty fields with what the server offers; without it the visitor enters them. */
export async function fillTrust() {
  const { log_key: logKey, origin = "", witnesses = [], quorum = 0, validators = [] } = await served();
  servedPins = { "log-key": logKey ?? "", origin, "witness-keys": witnesses.join("\n"), validators: validators.join("\n") };
  const offered = { ...servedPins, quorum: quorum || "" };
  for (const [id, text] of Object.entries(offered)) element(id).value ||= text;
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
