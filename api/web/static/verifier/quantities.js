// Quantities as people read them (docs/spec/03-encodings.md §3.3).

const GRAMS_PER_TONNE = 1_000_000n;

/** Tonnes of whole grams, exact: up to six decimals, none of them a zero at the end. */
export function tonnes(grams) {
  const decimals = String(grams % GRAMS_PER_TONNE)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return `${grams / GRAMS_PER_TONNE}${decimals === "" ? "" : `.${decimals}`}`;
}
