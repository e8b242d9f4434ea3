// Verification of a certificate bundle: the public function of this folder. Written from docs/spec alone, apart from the Python verifier.
// Runs in browsers and in Node.js 20 or newer; it makes no request except to the node that the caller names.

import { toHex } from "./bytes.js";
import { sha256 } from "./hash.js";
import { CouldNotRun, Refused } from "./outcomes.js";
import { LARGEST_BUNDLE, stepsOf } from "./steps.js";
import { pinned } from "./trust.js";

export { LARGEST_BUNDLE };

/**
 * @typedef {object} Verdict
 * @property {"verified" | "refused" | "could-not-run"} verdict
 * @property {string} level
 * @property {{number: number, name: string, outcome: "passed" | "failed" | "not-run"}[]} steps of the level
 * @property {{number: number, name: string} | null} step at which it stopped; null where it did not, or where nothing ran
 * @property {{english: string, chinese: string} | null} reason why it stopped
 * @property {string | null} bundleHash SHA-256 of the bytes; null where nothing ran
 * @property {object | null} bundle what the bundle says; null unless verified
 * @property {{origin: string, size: bigint, root: Uint8Array} | null} checkpoint null unless verified by a proof of type log
 * @property {{number: bigint, hash: string} | null} block null unless verified by seals
 * @property {number | null} witnessCount null unless verified at level witnessed
 */

/**
 * Runs the steps of docs/spec/08-certificates.md §8.5 in their order and stops at the first that fails.
 *
 * @param {Uint8Array} bytes
 * @param {{origin?: string, logKey?: string, witnessKeys?: string[], quorum?: number, validators?: string[]}} trust what the caller pins
 * @param {{level: "node" | "log" | "witnessed" | "sealed", node?: {url: string, fetch?: typeof fetch}}} options
 * @returns {Promise<Verdict>} never throws for anything that a bundle, its pins or a node can do
 */
export async function verify(bytes, trust, { level, node }) {
  const run = { steps: stepsOf(level), passed: 0 };
  const state = { bytes, node };
  try {
    if (level === "node" && !node?.url) throw new CouldNotRun("No node is named.", "没有给出节点。");
    state.pins = await pinned(trust, level);
    if (bytes.length <= LARGEST_BUNDLE) state.bundleHash = toHex(await sha256(bytes));
    for (const { check } of run.steps) {
      await check(state);
      run.passed += 1;
    }
  } catch (error) {
    if (!(error instanceof Refused || error instanceof CouldNotRun)) throw error;
    return stopped(run, state, level, error);
  }
  const { bundle, bundleHash, checkpoint = null, block = null, witnessCount = null } = state;
  const steps = run.steps.map(({ number, name }) => ({ number, name, outcome: "passed" }));
  return { verdict: "verified", level, steps, step: null, reason: null, bundleHash, bundle, checkpoint, block, witnessCount };
}

function stopped({ steps, passed }, { pins, bundleHash = null }, level, error) {
  const outcome = (index) => (index < passed ? "passed" : index === passed && error instanceof Refused ? "failed" : "not-run");
  const at = pins === undefined ? null : { number: steps[passed].number, name: steps[passed].name };
  return {
    verdict: error instanceof Refused ? "refused" : "could-not-run",
    level,
    steps: steps.map(({ number, name }, index) => ({ number, name, outcome: outcome(index) })),
    step: at,
    reason: error.reason,
    bundleHash,
    bundle: null,
    checkpoint: null,
    block: null,
    witnessCount: null,
  };
}
