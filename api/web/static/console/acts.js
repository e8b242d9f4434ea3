// The SHA-256 of a document, reckoned where the document is: nothing of it leaves this machine.

for (const part of document.querySelectorAll(".from-file")) {
  const into = document.getElementById(part.dataset.for);
  const chooser = part.querySelector("input[type=file]");
  const said = part.querySelector("[role=status]");
  part.hidden = false;
  chooser.addEventListener("change", async () => {
    const [file] = chooser.files;
    if (file === undefined) return;
    try {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
      into.value = `0x${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
      said.textContent = part.dataset.done.replace("{name}", file.name);
    } catch {
      said.textContent = part.dataset.failed;
    }
  });
}

// What has to be mended is where the reader is led first.
document.getElementById("troubles")?.focus();
