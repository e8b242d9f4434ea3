// Fields of records and entries: shown with salt and value, or kept back behind their commitment (docs/spec/03-encodings.md §3.1).

import { canonicalBytes } from "./canonical.js";
import { fieldCommitment } from "./encodings.js";
import { anyValue, fieldName, hash, members, salt } from "./form.js";

const hiddenField = members({ commitment: hash });

/** Checker of a field; what is shown has a name and a value of these forms. */
export function field(name = fieldName, value = anyValue) {
  const shownField = members({ name, salt, value });
  return (given, where) => (given !== null && typeof given === "object" && "commitment" in given ? hiddenField(given, where) : shownField(given, where));
}

export function isShown(oneField) {
  return "name" in oneField;
}

export async function commitmentOf(oneField) {
  return isShown(oneField) ? fieldCommitment(oneField.name, oneField.salt, canonicalBytes(oneField.value)) : oneField.commitment;
}
