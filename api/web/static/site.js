// What every page gains where scripts run: buttons that copy, and forms that are sent once.

for (const button of document.querySelectorAll("button.copy")) button.hidden = false;

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("button.copy");
  if (button === null) return;
  const said = button.querySelector("[role=status]");
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("done");
  said.textContent = document.body.dataset.copied;
  setTimeout(() => {
    button.classList.remove("done");
    said.textContent = "";
  }, 2000);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.ariaBusy === "true") event.preventDefault();
  if (event.defaultPrevented) return;
  form.ariaBusy = "true";
  const [said] = form.querySelectorAll("[role=status].sending");
  if (said !== undefined) said.textContent = document.body.dataset.sending;
});

// Who comes back by the browser's button finds a form that can be sent again.
addEventListener("pageshow", () => {
  for (const form of document.forms) form.ariaBusy = null;
});
