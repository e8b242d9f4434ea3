// Runs the JavaScript verifier over a corpus: NDJSON in, NDJSON out, one answer a line in the order asked.
//
// In:  {name, bundle_base64, trust: {origin, log_key, witnesses, quorum, validators}, level, node?: {chain_id, genesis_hash, roots: [root of size 1, …]}}
// Out: {name, verdict, step: {number, name} | null, reason}

import { createInterface } from "node:readline";

import { verify } from "../../api/web/static/verifier/verify.js";

function pinsOf({ origin, log_key: logKey, witnesses, quorum, validators }) {
  return { origin: origin ?? undefined, logKey: logKey ?? undefined, witnessKeys: witnesses, quorum, validators };
}

/** A node that has nothing but a log. */
function fakeNode({ chain_id: chainId, genesis_hash: hash, roots }) {
  const padded = (number) => `0x${number.toString(16).padStart(64, "0")}`;
  const called = {
    "0x949d225d": () => padded(roots.length),
    "0xeaa38b41": (size) => roots[Number(size) - 1],
  };
  const methods = {
    eth_chainId: () => `0x${chainId.toString(16)}`,
    eth_getBlockByNumber: () => ({ hash }),
    eth_blockNumber: () => "0x1",
    eth_call: ([{ data }]) => called[data.slice(0, 10)](data.length > 10 ? BigInt(`0x${data.slice(10)}`) : 0n),
  };
  const fetch = async (_url, { body }) => {
    const { method, params } = JSON.parse(body);
    return { json: async () => ({ result: methods[method](params) }) };
  };
  return { url: "fake:", fetch };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { name, bundle_base64: bundle, trust, level, node } = JSON.parse(line);
  const bytes = new Uint8Array(Buffer.from(bundle, "base64"));
  const { verdict, step, reason } = await verify(bytes, pinsOf(trust), { level, node: node && fakeNode(node) });
  process.stdout.write(`${JSON.stringify({ name, verdict, step, reason: reason?.english ?? null })}\n`);
}
