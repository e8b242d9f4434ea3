// Steps 11 to 14 of a proof of type sealed-receipt. Loaded only when such a proof is verified.

import { concatenate, equalBytes, toHex, u128, u16, u64, utf8 } from "../bytes.js";
import { leafHashOf } from "../leaf.js";
import { Refused } from "../outcomes.js";
import { OPERATION_KINDS } from "../words.js";
import { checkSeals, headerOf } from "./header.js";
import { keccak256 } from "./keccak.js";
import { logsOf } from "./receipt.js";

const LEAF_APPENDED = "LeafAppended(uint64,bytes32,address,uint16,bytes32,address,address,uint128,bytes32,uint64,bytes32)";

/** Step 11. */
export function checkHeader(state) {
  state.header = headerOf(state.bundle.proof.header);
}

/** Step 12. */
export function checkSealsOf(state) {
  state.sealers = checkSeals(state.header, state.pins.validators);
  state.block = { number: state.header.number, hash: toHex(state.header.blockHash) };
}

/** Step 13. */
export function checkReceipt(state) {
  const { transaction_index: index, path } = state.bundle.proof;
  state.logs = logsOf(state.header.receiptsRoot, index, path);
}

/** Step 14. */
export async function checkEvent({ bundle: { deployment, leaf, proof }, header, logs }) {
  const [address, topics, data] = logs[proof.log_position] ?? [];
  if (address === undefined) throw new Refused("The receipt has no log at this position.", "收据在此位置没有日志。");
  if (!equalBytes(address, deployment.transparency_log)) throw new Refused("The event is not of the log's contract.", "该事件不是日志合约发出的。");
  const expected = await eventOf(leaf, deployment);
  const isSame = equalBytes(concatenate(...topics), expected.topics) && equalBytes(data, expected.data);
  if (!isSame) throw new Refused("The event says something else than the leaf.", "事件与叶的内容不同。");
  if (header.timestamp !== BigInt(leaf.timestamp)) throw new Refused("The block's time is not the leaf's.", "区块时间与叶的时间不同。");
}

async function eventOf(leaf, deployment) {
  const topics = [keccak256(utf8(LEAF_APPENDED)), word(u64(leaf.index)), leaf.operation_id, word(leaf.ledger)];
  const accounts = [leaf.subject, word(leaf.from), word(leaf.to)];
  const rest = [word(u128(leaf.quantity_gco2e)), leaf.record_hash, word(u64(leaf.timestamp)), await leafHashOf(leaf, deployment)];
  return { topics: concatenate(...topics), data: concatenate(word(u16(OPERATION_KINDS[leaf.kind])), ...accounts, ...rest) };
}

function word(bytes) {
  return concatenate(new Uint8Array(32 - bytes.length), bytes);
}
