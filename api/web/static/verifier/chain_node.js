// What a node says of the chain and of the log's roots, over JSON-RPC (docs/spec/08-certificates.md step 15).

import { toHex, u64 } from "./bytes.js";
import { CouldNotRun, Refused } from "./outcomes.js";

const SIZE_SELECTOR = "0x949d225d";
const ROOT_AT_SELECTOR = "0xeaa38b41";
const PATIENCE_MILLISECONDS = 20_000;
const HASH = /^0x[0-9a-fA-F]{64}$/;
const QUANTITY = /^0x(?:0|[1-9a-fA-F][0-9a-fA-F]*)$/;

/** Step 15: the node's chain is the deployment's, and its log had this root at this size. */
export async function checkChain({ deployment, checkpoint }, node) {
  const ask = (method, ...parameters) => answer(node, method, parameters);
  const chainId = quantity(await ask("eth_chainId"));
  const genesis = await ask("eth_getBlockByNumber", "0x0", false);
  if (chainId !== BigInt(deployment.chain_id) || word(genesis?.hash) !== toHex(deployment.genesis_hash)) {
    throw new Refused("The node is on another chain than the certificate.", "节点所在的链与凭证的链不同。");
  }
  const newest = await ask("eth_blockNumber");
  quantity(newest);
  const call = (data) => ask("eth_call", { to: toHex(deployment.transparency_log), data }, newest);
  const reached = await call(SIZE_SELECTOR);
  // Where there is no contract, nothing is answered.
  if (reached === "0x" || BigInt(word(reached)) < checkpoint.size) {
    throw new Refused("The log on the chain is shorter than the checkpoint says.", "链上日志比检查点所述的短。");
  }
  const root = word(await call(`${ROOT_AT_SELECTOR}${argument(checkpoint.size)}`));
  if (root !== toHex(checkpoint.root)) {
    throw new Refused("The log on the chain had another root at the checkpoint's size.", "链上日志在该大小时的根与检查点不同。");
  }
}

function argument(size) {
  return "0".repeat(48) + toHex(u64(size)).slice(2);
}

async function answer({ url, fetch = globalThis.fetch }, method, parameters) {
  let document;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: parameters }),
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    });
    document = await response.json();
  } catch {
    throw new CouldNotRun(`The node at ${url} does not answer (does it allow requests of this page?).`, `节点 ${url} 没有应答（它是否允许本页请求？）。`);
  }
  if (document?.result === undefined) throw new CouldNotRun(`The node answers ${method} with an error.`, `节点对 ${method} 返回错误。`);
  return document.result;
}

function misunderstood() {
  throw new CouldNotRun("The node's answer is not understood.", "无法理解节点的应答。");
}

function word(value) {
  return typeof value === "string" && HASH.test(value) ? value.toLowerCase() : misunderstood();
}

function quantity(value) {
  return typeof value === "string" && QUANTITY.test(value) ? BigInt(value) : misunderstood();
}
