// A wallet in the browser, by EIP-1193 (its methods) and EIP-6963 (how it is found).
//
//   discover(target)                     the wallets that announce themselves: [{name, provider}], with window.ethereum last
//   account(provider, wanted)            the account that the wallet has chosen, which must be `wanted` if that is given
//   onChain(provider, chainId)           the wallet is on this chain, or is asked to switch to it
//   signText(provider, address, hex)     personal_sign of the bytes in hex (EIP-191)
//   signTypedData(provider, address, d)  eth_signTypedData_v4 of a document (EIP-712): feed headers
//   send(provider, transaction)          eth_sendTransaction of exactly this; its hash
//
// Each throws a WalletError whose `code` is a word of the page (templates/console/parts.html, wallet_words) and whose
// `values` are filled into it. Nothing here knows of pages; wallet_page.js does.

const UNKNOWN_CHAIN = 4902;
const DECLINED = 4001;
const WAIT_MILLISECONDS = 300;

export class WalletError extends Error {
  constructor(code, values = {}) {
    super(code);
    this.code = code;
    this.values = values;
  }
}

/** Wallets announce themselves when they are asked to; one that is older stands at window.ethereum. */
export async function discover(target, waitMilliseconds = WAIT_MILLISECONDS) {
  const found = new Map();
  const hear = ({ detail }) => {
    if (detail?.info?.uuid && typeof detail.provider?.request === "function")
      found.set(detail.info.uuid, { name: String(detail.info.name), provider: detail.provider });
  };
  target.addEventListener("eip6963:announceProvider", hear);
  target.dispatchEvent(new Event("eip6963:requestProvider"));
  await new Promise((done) => setTimeout(done, waitMilliseconds));
  target.removeEventListener("eip6963:announceProvider", hear);
  const wallets = [...found.values()];
  const old = target.ethereum;
  if (typeof old?.request === "function" && !wallets.some(({ provider }) => provider === old))
    wallets.push({ name: "Ethereum", provider: old });
  return wallets;
}

export async function account(provider, wanted = null) {
  const [chosen] = await ask(provider, "eth_requestAccounts");
  if (typeof chosen !== "string") throw new WalletError("failed", { message: "eth_requestAccounts" });
  if (wanted !== null && chosen.toLowerCase() !== wanted.toLowerCase())
    throw new WalletError("other_account", { address: wanted });
  return chosen.toLowerCase();
}

export async function onChain(provider, chainId) {
  const wanted = `0x${BigInt(chainId).toString(16)}`;
  if (await isOn(provider, wanted)) return;
  try {
    await ask(provider, "wallet_switchEthereumChain", [{ chainId: wanted }]);
  } catch (error) {
    if (error.code === "refused") throw error;
    throw new WalletError("other_chain", { chain: chainId });
  }
  if (!(await isOn(provider, wanted))) throw new WalletError("other_chain", { chain: chainId });
}

export const signText = (provider, address, hex) => ask(provider, "personal_sign", [hex, address]);

export const signTypedData = (provider, address, document) =>
  ask(provider, "eth_signTypedData_v4", [address, typeof document === "string" ? document : JSON.stringify(document)]);

export const send = (provider, transaction) => ask(provider, "eth_sendTransaction", [transaction]);

async function isOn(provider, wanted) {
  const chosen = await ask(provider, "eth_chainId");
  return BigInt(chosen) === BigInt(wanted);
}

async function ask(provider, method, params = []) {
  try {
    return await provider.request({ method, params });
  } catch (error) {
    if (error?.code === DECLINED) throw new WalletError("refused");
    if (error?.code === UNKNOWN_CHAIN) throw new WalletError("other_chain", { chain: "" });
    throw new WalletError("failed", { message: String(error?.message ?? error).slice(0, 200) });
  }
}
