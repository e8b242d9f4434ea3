// Sends the form of a file so that its progress can be seen. Without this script the form is sent by the browser itself.

const MEGABYTE = 1048576;

addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (form.id !== "upload") return;
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    const [file] = form.elements.file.files;
    if (file !== undefined && file.size > Number(form.dataset.most)) {
      tell(form, form.dataset.tooLarge, true);
      return;
    }
    send(form);
  },
  true, // before site.js, which leaves alone what is sent here
);

function send(form) {
  const request = new XMLHttpRequest();
  const bar = form.querySelector("progress");
  form.ariaBusy = "true";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.max = total;
    bar.value = loaded;
    const done = { done: (loaded / MEGABYTE).toFixed(1), total: (total / MEGABYTE).toFixed(1) };
    tell(form, filled(loaded < total ? form.dataset.told : form.dataset.whole, done));
  });
  request.addEventListener("load", () => {
    const here = new URL(form.action, location.href);
    const there = new URL(request.responseURL, location.href);
    if (request.status < 400 && there.pathname !== here.pathname) location.assign(there);
    else show(request.responseText);
  });
  for (const lost of ["error", "abort", "timeout"])
    request.addEventListener(lost, () => {
      form.ariaBusy = null;
      tell(form, form.dataset.lost, true);
    });
  request.open("POST", form.action);
  request.send(new FormData(form));
  tell(form, "");
}

/** The server's answer to a form that it did not take: the same page, with what is wrong at its head. */
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.querySelector("main");
  if (main === null) return;
  document.querySelector("main").replaceWith(document.adoptNode(main));
  document.getElementById("problem")?.focus();
}

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

function tell(form, text, bad = false) {
  const told = form.querySelector(".uploading");
  told.hidden = false;
  const [said] = told.querySelectorAll("[role=status]");
  said.textContent = text;
  said.className = bad ? "error" : "";
}
