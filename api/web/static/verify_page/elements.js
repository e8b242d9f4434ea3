// Elements made of text only: nothing from a bundle is ever read as markup.

import { language } from "./language.js";

export function make(tag, { className, text, lang, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  if (className !== undefined) made.className = className;
  if (text !== undefined) made.textContent = text;
  if (lang !== undefined) made.lang = lang;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** What is said in the reader's language, as a list of what an element holds. */
export function bilingual(chinese, english) {
  return [language === "en" ? english : chinese];
}
