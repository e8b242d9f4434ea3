// Wires the page: takes file and pins, runs the verifier, shows its verdict.

import { verify } from "../verifier/verify.js";
import { bundleFromFile } from "./bundle_file.js";
import { bilingual } from "./elements.js";
import { showOneLanguage } from "./language.js";
import { fillTrust, readTrust, showFields, showFingerprint, usesServedPins } from "./trust_form.js";
import { showProblem, showRunning, showVerdict } from "./verdict_view.js";

const element = (id) => document.getElementById(id);
const HANDED_OVER = "tanpuhui-bundle";
const LARGEST_FILE = 16 * 1_048_576;
let bundle = null;

async function take(file) {
  if (file === undefined) return;
  bundle = null;
  element("pasted").value = "";
  try {
    if (file.size > LARGEST_FILE) throw new RangeError("too large");
    bundle = await bundleFromFile(new Uint8Array(await file.arrayBuffer()));
  } catch {
    bundle = null;
  }
  sayChosen(file);
}

/** A file that was dropped on the ledger's look-up page, which has brought the reader here. */
function takeHandedOver() {
  const handed = JSON.parse(sessionStorage.getItem(HANDED_OVER));
  sessionStorage.removeItem(HANDED_OVER);
  if (handed === null) return;
  bundle = new TextEncoder().encode(handed.text);
  sayChosen(handed);
}

function sayChosen(file) {
  const kilobytes = Math.ceil((bundle?.length ?? 0) / 1024);
  const chosen =
    bundle === null
      ? bilingual(`${file.name}：读不出凭证。请改用 JSON 文件。`, `${file.name}: no certificate can be read from it. Use the JSON file instead.`)
      : bilingual(`已选择 ${file.name}（凭证 ${kilobytes} KB）`, `${file.name} is chosen (certificate of ${kilobytes} KB)`);
  element("chosen").replaceChildren(...chosen);
}

function forgetFile() {
  bundle = null;
  element("file").value = "";
  element("chosen").replaceChildren();
}

function chosenBytes() {
  const pasted = element("pasted").value.trim();
  return pasted === "" ? bundle : new TextEncoder().encode(pasted);
}

async function run(event) {
  event.preventDefault();
  const place = element("result");
  const bytes = chosenBytes();
  if (bytes === null) {
    showProblem(place, "请先选择或粘贴凭证。", "Choose or paste a certificate first.");
    element("file").focus();
    return;
  }
  showRunning(place);
  const { level, trust, node } = readTrust();
  try {
    showVerdict(place, await verify(bytes, trust, { level, node }), { pinsAreServed: usesServedPins() });
  } catch (error) {
    // A bug of ours must never look like a verdict.
    showProblem(place, `验证程序出错，结果未知：${error.message}`, `The verifier itself failed; nothing is known: ${error.message}`);
  }
  place.focus();
  place.scrollIntoView({ block: "start" });
}

function takeDrops(place) {
  for (const name of ["dragover", "dragleave", "drop"]) {
    place.addEventListener(name, (event) => {
      event.preventDefault();
      place.classList.toggle("over", name === "dragover");
    });
  }
  place.addEventListener("drop", (event) => {
    element("file").value = "";
    element("result").replaceChildren();
    void take(event.dataTransfer.files[0]);
  });
}

showOneLanguage();
element("file").addEventListener("change", () => void take(element("file").files[0]));
takeDrops(element("drop"));
// A browser may show a form again as it was left, with another file.
element("form").reset();
takeHandedOver();
element("form").addEventListener("submit", (event) => void run(event));
element("form").addEventListener("change", showFields);
// A verdict on what was entered before must not stand beside what is entered now.
element("form").addEventListener("input", () => element("result").replaceChildren());
element("pasted").addEventListener("input", forgetFile);
element("form").addEventListener("input", () => void showFingerprint());
showFields();
element("not-started").hidden = true;
element("start").disabled = false;
await fillTrust();
