// Elements made of text only: nothing from a bundle is ever read as markup.

export function make(tag, { className, text, lang, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  if (className !== undefined) made.className = className;
  if (text !== undefined) made.textContent = text;
  if (lang !== undefined) made.lang = lang;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Chinese first, English beside it. */
export function bilingual(chinese, english) {
  return [chinese, " ", make("span", { className: "en", lang: "en", text: english })];
}
