// Wallets of the console: what is asked of them (EIP-1193, EIP-6963), and what is said when they decline.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  WalletError,
  account,
  discover,
  onChain,
  send,
  signText,
  signTypedData,
} from "../../api/web/static/console/wallet.js";

const ADDRESS = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
const CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

/** A provider that answers by method: a value, a function of the parameters, or an Error that it throws. */
function provider(answers) {
  const asked = [];
  const request = async ({ method, params }) => {
    asked.push([method, params]);
    const answer = answers[method];
    const value = typeof answer === "function" ? answer(params) : answer;
    if (value instanceof Error) throw value;
    return value;
  };
  return { asked, request };
}

const failure = (code, message = "made") => Object.assign(new Error(message), { code });
const thrown = (code, values) => (error) => {
  assert.ok(error instanceof WalletError, String(error));
  assert.equal(error.code, code);
  if (values !== undefined) assert.deepEqual(error.values, values);
  return true;
};

class Page extends EventTarget {
  announces(uuid, name, found) {
    this.addEventListener("eip6963:requestProvider", () => {
      const event = new Event("eip6963:announceProvider");
      event.detail = { info: { uuid, name }, provider: found };
      this.dispatchEvent(event);
    });
    return this;
  }
}

test("wallets that announce themselves are found, each once, the old place last", async () => {
  const [one, two, old] = [provider({}), provider({}), provider({})];
  const page = new Page().announces("a", "One", one).announces("b", "Two", two).announces("a", "One again", one);
  page.ethereum = old;
  const found = await discover(page, 0);
  assert.deepEqual(found.map(({ name }) => name), ["One again", "Two", "Ethereum"]);
});

test("a wallet at both places is one wallet", async () => {
  const one = provider({});
  const page = new Page().announces("a", "One", one);
  page.ethereum = one;
  assert.equal((await discover(page, 0)).length, 1);
});

test("what is no provider is no wallet", async () => {
  const page = new Page().announces("a", "None", {}).announces(undefined, "No id", provider({}));
  page.ethereum = { request: "text" };
  assert.deepEqual(await discover(page, 0), []);
});

test("the chosen account is taken, in lower case", async () => {
  assert.equal(await account(provider({ eth_requestAccounts: [CHECKSUMMED] })), ADDRESS);
  assert.equal(await account(provider({ eth_requestAccounts: [CHECKSUMMED] }), ADDRESS), ADDRESS);
});

test("another account than the page is about is refused", async () => {
  const wallet = provider({ eth_requestAccounts: ["0x" + "22".repeat(20), CHECKSUMMED] });
  await assert.rejects(account(wallet, ADDRESS), thrown("other_account", { address: ADDRESS }));
});

test("a wallet without an account fails", async () => {
  for (const nothing of [[], [null]])
    await assert.rejects(account(provider({ eth_requestAccounts: nothing })), thrown("failed"));
});

test("a wallet on the chain is not asked to switch", async () => {
  for (const chainId of ["0x4f23", "0x4F23", "20259"]) {
    const wallet = provider({ eth_chainId: chainId });
    await onChain(wallet, 20259);
    assert.deepEqual(wallet.asked.map(([method]) => method), ["eth_chainId"]);
  }
});

test("a wallet on another chain is asked to switch, and looked at again", async () => {
  let chain = "0x1";
  const wallet = provider({
    eth_chainId: () => chain,
    wallet_switchEthereumChain: ([{ chainId }]) => {
      chain = chainId;
      return null;
    },
  });
  await onChain(wallet, "20259");
  assert.equal(chain, "0x4f23");
});

test("a wallet that says it switched and did not is found out", async () => {
  const wallet = provider({ eth_chainId: "0x1", wallet_switchEthereumChain: null });
  await assert.rejects(onChain(wallet, 20259), thrown("other_chain", { chain: 20259 }));
});

test("a wallet that does not know the chain, or cannot switch, is told so; one that declines declined", async () => {
  for (const [code, expected] of [[4902, "other_chain"], [-32603, "other_chain"], [4001, "refused"]]) {
    const wallet = provider({ eth_chainId: "0x1", wallet_switchEthereumChain: failure(code) });
    await assert.rejects(onChain(wallet, 20259), thrown(expected));
  }
});

test("texts, documents and transactions go to the wallet as they are", async () => {
  const transaction = { from: ADDRESS, to: "0x" + "c0".repeat(20), data: "0x12", gas: "0x1", gasPrice: "0x0", type: "0x0" };
  const wallet = provider({ personal_sign: "0xaa", eth_signTypedData_v4: "0xbb", eth_sendTransaction: "0xcc" });
  assert.equal(await signText(wallet, ADDRESS, "0x6869"), "0xaa");
  assert.equal(await signTypedData(wallet, ADDRESS, { primaryType: "FeedHeader" }), "0xbb");
  assert.equal(await signTypedData(wallet, ADDRESS, '{"primaryType":"FeedHeader"}'), "0xbb");
  assert.equal(await send(wallet, transaction), "0xcc");
  assert.deepEqual(wallet.asked, [
    ["personal_sign", ["0x6869", ADDRESS]],
    ["eth_signTypedData_v4", [ADDRESS, '{"primaryType":"FeedHeader"}']],
    ["eth_signTypedData_v4", [ADDRESS, '{"primaryType":"FeedHeader"}']],
    ["eth_sendTransaction", [transaction]],
  ]);
});

test("what a wallet says is shortened, and who declines is told nothing was sent", async () => {
  await assert.rejects(send(provider({ eth_sendTransaction: failure(4001) }), {}), thrown("refused"));
  const long = provider({ eth_sendTransaction: failure(-32000, "x".repeat(1000)) });
  await assert.rejects(send(long, {}), thrown("failed", { message: "x".repeat(200) }));
  const odd = { request: () => Promise.reject("text alone") };
  await assert.rejects(send(odd, {}), thrown("failed", { message: "text alone" }));
});
