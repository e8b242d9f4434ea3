// On the look-up page: finds a certificate by the QR code on it, with the camera or from a picture, and takes a certificate's file to
// the checking page. A code leads nowhere but to a certificate of this server; what else one says is shown and not opened.

import { bundleFromFile } from "../verify_page/bundle_file.js";

const HANDED_OVER = "tanpuhui-bundle";
const LARGEST_FILE = 16 * 1_048_576;
const BETWEEN_LOOKS = 200;

/** Where a code leads on this server: "/certificates/7", with the bundle's hash if it has one; null for anything else. */
export function destination(text, origins) {
  const written = text.normalize("NFKC").replace(/[\s,]/g, "");
  const number = /^(?:no\.?|#)?0*([1-9][0-9]{0,18})$/i.exec(written)?.[1];
  if (number !== undefined) return `/certificates/${number}`;
  const base = origins.find((one) => text.startsWith(`${one}/`));
  const found = base === undefined ? null : /^\/certificates\/([1-9][0-9]{0,18})(#bundle=[0-9a-f]{64})?$/.exec(text.slice(base.length));
  return found === null ? null : `/certificates/${found[1]}${found[2] ?? ""}`;
}

const section = document.getElementById("scan");
if (section !== null) await start(section);

async function start(section) {
  const { dataset: texts } = section;
  const origins = [location.origin, texts.publicUrl];
  const [video, open, close, file, drop] = ["video", "open", "close", "file", "drop"].map((name) => document.getElementById(`scan-${name}`));
  let stream = null;

  function say(kind, text, written) {
    const said = document.createElement("p");
    said.className = `notice ${kind}`;
    said.textContent = text;
    if (written !== undefined) {
      const shown = document.createElement("code");
      shown.textContent = written.slice(0, 500);
      said.append(" ", shown);
    }
    document.getElementById("scan-said").replaceChildren(said);
  }

  function follow(text) {
    const found = destination(text, origins);
    if (found === null) return say("warn", texts.stranger, text);
    const [path, hash = ""] = found.split("#");
    location.assign(path + (texts.lang ? `?lang=${texts.lang}` : "") + (hash && `#${hash}`));
  }

  async function detector() {
    const own = globalThis.BarcodeDetector;
    const supported = own === undefined ? [] : await own.getSupportedFormats();
    const Detector = supported.includes("qr_code") ? own : (await import("../packages/qr/decode.js")).BarcodeDetector;
    return new Detector({ formats: ["qr_code"] });
  }

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = close.hidden = true;
    open.hidden = false;
  }

  async function look() {
    say("", texts.asking);
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
      video.srcObject = stream;
      video.hidden = close.hidden = false;
      open.hidden = true;
      close.focus();
      await video.play();
      const finder = await detector();
      say("", texts.looking);
      while (stream !== null) {
        const [code] = await finder.detect(video);
        if (code !== undefined) {
          stop();
          return follow(code.rawValue);
        }
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS));
      }
    } catch {
      stop();
      say("warn", texts.noCamera);
    }
  }

  async function take(given) {
    if (given === undefined) return;
    if (given.size > LARGEST_FILE) return say("bad", texts.tooLarge);
    if (given.type.startsWith("image/")) return takePicture(given);
    try {
      const bundle = await bundleFromFile(new Uint8Array(await given.arrayBuffer()));
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bundle);
      sessionStorage.setItem(HANDED_OVER, JSON.stringify({ name: given.name, text }));
      location.assign(texts.verify);
    } catch {
      say("bad", texts.unreadable, given.name);
    }
  }

  async function takePicture(given) {
    try {
      const [code] = await (await detector()).detect(await createImageBitmap(given));
      if (code === undefined) say("warn", texts.noCode);
      else follow(code.rawValue);
    } catch {
      say("bad", texts.unreadable, given.name);
    }
  }

  open.hidden = navigator.mediaDevices === undefined;
  open.addEventListener("click", () => void look());
  close.addEventListener("click", () => {
    stop();
    document.getElementById("scan-said").replaceChildren();
    open.focus();
  });
  addEventListener("pagehide", stop);
  file.addEventListener("change", () => void take(file.files[0]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
    });
  }
  drop.addEventListener("drop", (event) => void take(event.dataTransfer.files[0]));
  section.hidden = false;
  if (location.hash === "#scan") section.scrollIntoView();
}
