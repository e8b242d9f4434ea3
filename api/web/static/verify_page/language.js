// The page holds both languages and shows one: that of `?lang=`, else the one of the two that the browser prefers, else Chinese.
// Without scripts both stand there.

const asked = new URLSearchParams(globalThis.location?.search).get("lang");
const preferred = (globalThis.navigator?.languages ?? []).map((tag) => tag.slice(0, 2)).find((tag) => tag === "zh" || tag === "en");

export const language = asked === "zh" || asked === "en" ? asked : (preferred ?? "zh");

/** Leaves one language on the page: English stands in an element of its own, beside the Chinese in the same parent. */
export function showOneLanguage() {
  for (const english of document.querySelectorAll("span.en")) {
    if (language === "en") english.parentElement.replaceChildren(...english.childNodes);
    else english.remove();
  }
  const isChinese = language === "zh";
  document.documentElement.lang = isChinese ? "zh-Hans" : "en";
  document.title = document.title.split(" · ")[isChinese ? 0 : 1];
  const other = document.getElementById("language");
  other.href = `?lang=${isChinese ? "en" : "zh"}`;
  other.textContent = isChinese ? "English" : "中文";
  other.lang = other.hreflang = isChinese ? "en" : "zh-Hans";
  // Served from somebody's own disk there is no ledger around the page.
  const home = document.getElementById("home");
  if (location.pathname.endsWith("/static/verify.html")) home.href = `../?lang=${language}`;
  else home.removeAttribute("href");
}
