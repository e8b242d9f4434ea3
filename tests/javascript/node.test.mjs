// Level node: what the chain must answer (step 15), and what it may not.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { toHex } from "../../api/web/static/verifier/bytes.js";
import { verify } from "../../api/web/static/verifier/verify.js";
import { bytesOfBundle, makeWorld } from "./helpers/bundles.mjs";

let world;
let bundle;
before(async () => {
  world = await makeWorld();
  bundle = structuredClone(world.bundles.reductions);
});

/** A node that answers as the good one does, but for `changes` by method or by the first four bytes of a call. */
function nodeWith(changes = {}) {
  const [, size, root] = bundle.proof.checkpoint.split("\n");
  const rootHex = toHex(Buffer.from(root, "base64"));
  const answers = {
    eth_chainId: "0x7a69",
    eth_getBlockByNumber: { hash: bundle.deployment.genesis_hash },
    eth_blockNumber: "0x10",
    "0x949d225d": `0x${BigInt(size).toString(16).padStart(64, "0")}`,
    "0xeaa38b41": rootHex,
    ...changes,
  };
  const requests = [];
  const fetch = async (url, { body }) => {
    const { method, params } = JSON.parse(body);
    requests.push({ url, method, params });
    const answer = answers[method === "eth_call" ? params[0].data.slice(0, 10) : method];
    if (answer instanceof Error) throw answer;
    return { json: async () => (answer === undefined ? { error: { code: 3, message: "execution reverted" } } : { result: answer }) };
  };
  return { url: "http://node.example", fetch, requests };
}

const check = (node, changed = bundle) => verify(bytesOfBundle(changed), { origin: world.origin }, { level: "node", node });

test("verified, also with a checkpoint that nobody signed", async () => {
  const node = nodeWith();
  assert.equal((await check(node)).verdict, "verified");
  const unsigned = structuredClone(bundle);
  unsigned.proof.checkpoint = `${unsigned.proof.checkpoint.split("\n\n")[0]}\n`;
  const verdict = await check(nodeWith(), unsigned);
  assert.equal(verdict.verdict, "verified");
  assert.deepEqual(verdict.steps.map(({ number }) => number), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15]);
});

test("it asks the named node only, for the log's size and root at one block", async () => {
  const node = nodeWith();
  await check(node);
  assert.deepEqual(
    node.requests.map(({ method }) => method),
    ["eth_chainId", "eth_getBlockByNumber", "eth_blockNumber", "eth_call", "eth_call"],
  );
  assert.ok(node.requests.every(({ url }) => url === "http://node.example"));
  const [size, rootAt] = node.requests.slice(3).map(({ params }) => params);
  assert.deepEqual(size, [{ to: bundle.deployment.transparency_log, data: "0x949d225d" }, "0x10"]);
  assert.deepEqual(rootAt, [{ to: bundle.deployment.transparency_log, data: `0xeaa38b41${"b".padStart(64, "0")}` }, "0x10"]);
});

test("15 chain: another chain, genesis, root, or a shorter log", async () => {
  const changes = [
    { eth_chainId: "0x1" },
    { eth_getBlockByNumber: { hash: `0x${"1".repeat(64)}` } },
    { "0xeaa38b41": `0x${"1".repeat(64)}` },
    { "0x949d225d": `0x${"a".padStart(64, "0")}` },
  ];
  for (const change of changes) {
    const verdict = await check(nodeWith(change));
    assert.deepEqual([verdict.verdict, verdict.step], ["refused", { number: 15, name: "chain" }]);
  }
});

test("a node that does not answer, or not understandably, could not run", async () => {
  const changes = [
    { eth_chainId: new TypeError("fetch failed") },
    { eth_chainId: 31337 },
    { eth_getBlockByNumber: null },
    { eth_blockNumber: "latest" },
    { "0x949d225d": undefined },
    { "0xeaa38b41": undefined },
    { "0xeaa38b41": "0x" },
  ];
  for (const change of changes) {
    const verdict = await check(nodeWith(change));
    assert.deepEqual([verdict.verdict, verdict.step], ["could-not-run", { number: 15, name: "chain" }], JSON.stringify(change));
  }
});

test("the node is not asked about a bundle that earlier steps refuse", async () => {
  const changed = structuredClone(bundle);
  changed.leaf.timestamp += 1;
  const node = nodeWith();
  assert.equal((await check(node, changed)).step.name, "inclusion");
  assert.equal(node.requests.length, 0);
});

test("where the log's contract is not, the bundle is refused: the chain has no such log", async () => {
  const verdict = await check(nodeWith({ "0x949d225d": "0x", "0xeaa38b41": "0x" }));
  assert.deepEqual([verdict.verdict, verdict.step?.name], ["refused", "chain"]);
});
