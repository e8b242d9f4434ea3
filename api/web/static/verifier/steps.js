// The steps of docs/spec/08-certificates.md §8.5. Each works on what the ones before it left in `state`, and throws `Refused`.

import { equalBytes } from "./bytes.js";
import { bundleOf, refuseUnservedLevel } from "./bundle.js";
import { canonicalBytes } from "./canonical.js";
import { checkChain } from "./chain_node.js";
import { checkpointOf } from "./checkpoints.js";
import { origin } from "./encodings.js";
import { checkEntry } from "./entries.js";
import { parseStrict } from "./json.js";
import { leafHashOf } from "./leaf.js";
import { rootOfPath } from "./log_tree.js";
import { hasLineOf } from "./notes.js";
import { Refused } from "./outcomes.js";
import { checkRecord } from "./records.js";
import { checkAgreement, checkLeaf, checkLot, checkSubject } from "./subjects.js";
import { LEVELS } from "./trust.js";

export const LARGEST_BUNDLE = 1_048_576;
const DEEPEST_NESTING = 16;
const LOG_LEVELS = ["node", "log", "witnessed"];

/** Number, name, the levels that it belongs to, and the check. */
const STEPS = [
  [1, "size", LEVELS, checkSize],
  [2, "json", LEVELS, checkJson],
  [3, "form", LEVELS, checkForm],
  [4, "deployment", LEVELS, checkDeployment],
  [5, "record", LEVELS, ({ bundle }) => bundle.record && checkRecord(bundle.record, bundle.leaf)],
  [6, "leaf", LEVELS, ({ bundle }) => checkLeaf(bundle)],
  [7, "subject", LEVELS, ({ bundle }) => checkSubject(bundle)],
  [8, "lot", LEVELS, ({ bundle }) => checkLot(bundle)],
  [9, "agreement", LEVELS, ({ bundle }) => checkAgreement(bundle)],
  [10, "entry", LEVELS, ({ bundle }) => bundle.entry && checkEntry(bundle.entry, bundle.certificate, bundle.leaf)],
  [11, "checkpoint", LOG_LEVELS, checkCheckpoint],
  [12, "inclusion", LOG_LEVELS, checkInclusion],
  [13, "log-signature", ["log", "witnessed"], checkLogSignature],
  [14, "witnesses", ["witnessed"], checkWitnesses],
  [11, "header", ["sealed"], sealed("checkHeader")],
  [12, "seals", ["sealed"], sealed("checkSealsOf")],
  [13, "receipt", ["sealed"], sealed("checkReceipt")],
  [14, "event", ["sealed"], sealed("checkEvent")],
  [15, "chain", ["node"], ({ bundle, checkpoint, node }) => checkChain({ ...bundle, checkpoint }, node)],
];

/** A step of sealed receipts, whose modules are loaded only where there is one. */
function sealed(check) {
  return async (state) => (await import("./sealed/steps.js"))[check](state);
}

/** The steps of a level, in order. */
export function stepsOf(level) {
  return STEPS.filter(([, , levels]) => levels.includes(level)).map(([number, name, , check]) => ({ number, name, check }));
}

function checkSize({ bytes }) {
  if (bytes.length > LARGEST_BUNDLE) throw new Refused("The file is larger than 1 MiB; no certificate is.", "文件大于 1 MiB，凭证不会这样大。");
}

function checkJson(state) {
  state.document = parseStrict(state.bytes, { maximumDepth: DEEPEST_NESTING });
  if (!equalBytes(canonicalBytes(state.document), state.bytes)) {
    throw new Refused(
      "The file is not in canonical form (RFC 8785): it was written anew, or has spaces, another order or other escapes.",
      "文件不是规范形式（RFC 8785）：它被重新写过，或含有空格、不同的次序或转义。",
    );
  }
}

function checkForm(state) {
  state.bundle = bundleOf(state.document);
  refuseUnservedLevel(state.bundle.proof.type, state.pins.level);
}

async function checkDeployment({ bundle: { deployment }, pins }) {
  const computed = await origin({
    chainId: deployment.chain_id,
    genesisHash: deployment.genesis_hash,
    transparencyLog: deployment.transparency_log,
    reductionLedger: deployment.reduction_ledger,
    pointLedger: deployment.point_ledger,
  });
  if (computed !== pins.origin) throw new Refused(`The certificate is of another deployment: ${computed}.`, `凭证属于另一套部署：${computed}。`);
}

function checkCheckpoint(state) {
  const { leaf, proof } = state.bundle;
  state.checkpoint = checkpointOf(proof.checkpoint);
  if (state.checkpoint.origin !== state.pins.origin) throw new Refused("The checkpoint is of another log.", "检查点属于另一个日志。");
  if (state.checkpoint.size <= BigInt(leaf.index)) throw new Refused("The checkpoint does not cover the leaf.", "检查点不包含该叶。");
}

async function checkInclusion({ bundle: { deployment, leaf, proof }, checkpoint }) {
  const leafHash = await leafHashOf(leaf, deployment);
  const root = await rootOfPath(leafHash, BigInt(leaf.index), checkpoint.size, proof.inclusion);
  if (root === null) throw new Refused("The inclusion path has a wrong length.", "包含路径的长度不对。");
  if (equalBytes(root, checkpoint.root)) return;
  throw new Refused(
    "The leaf is not in the log of this checkpoint: leaf, path or checkpoint were changed.",
    "该叶不在此检查点的日志中：叶、路径或检查点被改动。",
  );
}

async function checkLogSignature({ checkpoint, pins }) {
  if (await hasLineOf(checkpoint.note, pins.logKey)) return;
  throw new Refused("The checkpoint is not signed by the log's key.", "检查点没有日志公钥的签名。");
}

async function checkWitnesses(state) {
  const { checkpoint, pins } = state;
  const lines = await Promise.all(pins.witnesses.map((key) => hasLineOf(checkpoint.note, key)));
  state.witnessCount = lines.filter(Boolean).length;
  if (state.witnessCount >= pins.quorum) return;
  throw new Refused(
    `${state.witnessCount} of the given witnesses signed the checkpoint; ${pins.quorum} are required.`,
    `所给见证方中有 ${state.witnessCount} 个签名，需要 ${pins.quorum} 个。`,
  );
}
