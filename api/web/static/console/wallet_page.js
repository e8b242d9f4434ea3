// Forms that a wallet fills in: `<form data-wallet="login | sign-in | send | typed-data">` (templates/console).
//
//   login       data-chain                                     fills in `address`
//   sign-in     data-chain, data-address, data-message (hex)   fills in `signature`
//   send        data-chain, data-address, data-transaction     fills in `transaction_hash`
//   typed-data  data-chain, data-address, data-document        fills in `signature`
//
// and sends the form. What it says stands in the form's `template[data-words]`, in the reader's language.

import { WalletError, account, discover, onChain, send, signText, signTypedData } from "./wallet.js";

const ACTS = {
  login: async (provider) => ({ address: await account(provider) }),
  "sign-in": async (provider, { address, message }) => ({
    signature: await signText(provider, await account(provider, address), message),
  }),
  send: async (provider, { address, transaction }) => {
    await account(provider, address);
    return { transaction_hash: await send(provider, JSON.parse(transaction)) };
  },
  "typed-data": async (provider, { address, document: typed }) => ({
    signature: await signTypedData(provider, await account(provider, address), typed),
  }),
};

/** What the form says of `code`, with its values in the places of {name}. */
export function said(form, code, values = {}) {
  const text = form.querySelector("template[data-words]").content.querySelector(`[data-word="${code}"]`).textContent;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Lets one wallet fill in the form and sends it; says what is wrong, if anything is. */
export async function act(form, { name, provider }) {
  const { wallet, chain } = form.dataset;
  const buttons = form.querySelectorAll("[data-wallets] button");
  for (const button of buttons) button.disabled = true;
  try {
    tell(form, said(form, "ask"), "unclear");
    if (wallet !== "login") await onChain(provider, chain);
    const fields = await ACTS[wallet](provider, form.dataset);
    for (const [field, value] of Object.entries(fields)) form.elements[field].value = value;
    tell(form, said(form, wallet === "send" ? "sent" : "ask"), "unclear");
    form.requestSubmit();
  } catch (error) {
    const known = error instanceof WalletError ? error : new WalletError("failed", { message: `${name}: ${error}` });
    tell(form, said(form, known.code, known.values), "bad");
    for (const button of buttons) button.disabled = false;
  }
}

function tell(form, text, tone) {
  const told = form.querySelector("[data-told]");
  told.hidden = false;
  told.className = `result ${tone}`;
  told.textContent = text;
}

async function offer(form) {
  tell(form, said(form, "waiting"), "unclear");
  const wallets = await discover(window);
  const place = form.querySelector("[data-wallets]");
  form.querySelector("[data-told]").hidden = true;
  if (wallets.length === 0) {
    tell(form, said(form, "none"), "unclear");
    form.querySelector("details").open = true;
  }
  for (const wallet of wallets) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = said(form, "connect", { wallet: wallet.name });
    button.addEventListener("click", () => act(form, wallet));
    place.append(button);
  }
}

if (typeof document !== "undefined") for (const form of document.querySelectorAll("form[data-wallet]")) offer(form);
