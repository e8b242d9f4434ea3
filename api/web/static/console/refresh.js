// Keeps a page of operations up to date while one of them is unfinished: asks for the page again and takes its progress.

const PAUSE_MILLISECONDS = 2000;
const LONGEST_MILLISECONDS = 30000;

async function refresh(shown, pause) {
  let next = shown;
  let wait = PAUSE_MILLISECONDS;
  try {
    const answer = await fetch(shown.dataset.refresh, { redirect: "error", cache: "no-store" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    next = page.getElementById("progress");
    if (next === null) return;
    if (next.innerHTML !== shown.innerHTML) shown.replaceWith(next);
    else next = shown;
  } catch {
    wait = Math.min(2 * pause, LONGEST_MILLISECONDS); // the server does not answer, or the session has ended
  }
  later(next, wait);
}

function later(shown, pause) {
  if ("unfinished" in shown.dataset) setTimeout(() => refresh(shown, pause), pause);
}

const progress = document.getElementById("progress");
if (progress !== null && document.querySelector("meta[http-equiv=refresh]") === null) later(progress, PAUSE_MILLISECONDS);
