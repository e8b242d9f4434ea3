// Receipts under a block's receiptsRoot (docs/spec/08-certificates.md §8.6; step 13).

import { equalBytes } from "../bytes.js";
import { Refused } from "../outcomes.js";
import { isBytes, LARGEST_PART } from "./header.js";
import { keccak256 } from "./keccak.js";
import { decodeRlp, encodeRlp } from "./rlp.js";

const MOST_NODES = 64;
const MOST_TOPICS = 4;
const ENVELOPES = [1, 2];

function refusePath(english, chinese) {
  throw new Refused(`The path to the receipt fails: ${english}.`, `收据路径不成立：${chinese}。`);
}

function refuseReceipt(english, chinese) {
  throw new Refused(`The receipt is not accepted: ${english}.`, `收据不被接受：${chinese}。`);
}

/** The logs of the receipt at a place, of a transaction that succeeded. */
export function logsOf(receiptsRoot, transactionIndex, path) {
  if (path.length < 1 || path.length > MOST_NODES || path.some(({ length }) => length > LARGEST_PART)) refusePath("its length", "长度不对");
  return logsIn(valueAt(receiptsRoot, nibbles(encodeRlp(wholeBytes(transactionIndex))), path));
}

function wholeBytes(number) {
  const digits = number === 0 ? "" : number.toString(16);
  return Uint8Array.from(digits.padStart(digits.length + (digits.length % 2), "0").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function nibbles(bytes) {
  return [...bytes].flatMap((byte) => [byte >> 4, byte & 15]);
}

/** What the trie holds under the key: each node's hash is in the one before it. */
function valueAt(root, key, path) {
  let reference = root;
  let rest = key;
  for (const [place, encoded] of path.entries()) {
    if (!isBytes(reference, 32) || !equalBytes(keccak256(encoded), reference)) refusePath("a node is not the one that was sealed", "某节点不是被封印的节点");
    const step = stepOf(decodeRlp(encoded), rest);
    if (step.isLeaf !== (place === path.length - 1)) refusePath("it ends too early or too late", "过早或过晚结束");
    if (step.isLeaf) return step.next;
    reference = step.next;
    rest = rest.slice(step.used);
  }
  return refusePath("it has no leaf", "没有叶节点");
}

function stepOf(node, rest) {
  if (Array.isArray(node) && node.length === 17) {
    if (rest.length === 0 || !isBranch(node)) refusePath("a branch is malformed, or the key ends in it", "某分支节点格式错误，或键在其中结束");
    return { isLeaf: false, next: node[rest[0]], used: 1 };
  }
  if (!Array.isArray(node) || node.length !== 2 || !isBytes(node[0]) || node[0].length === 0) refusePath("a node is malformed", "某节点格式错误");
  const [flags, ...prefix] = nibbles(node[0]);
  const isOdd = flags % 2 === 1;
  if (flags > 3 || (!isOdd && prefix[0] !== 0)) refusePath("a node's prefix is malformed", "某节点的前缀格式错误");
  const used = isOdd ? prefix : prefix.slice(1);
  const isLeaf = flags >= 2;
  if (!isLeaf && used.length === 0) refusePath("an extension leads nowhere", "某扩展节点没有前缀");
  const matches = used.every((nibble, place) => nibble === rest[place]) && (!isLeaf || used.length === rest.length);
  if (!matches) refusePath("it leads to another place", "通向别处");
  return { isLeaf, next: node[1], used: used.length };
}

// No key ends where another one goes on, and no receipt is short enough to stand in the branch itself.
function isBranch(node) {
  return isBytes(node[16], 0) && node.slice(0, 16).every((child) => isBytes(child, 0) || isBytes(child, 32));
}

function logsIn(value) {
  if (!isBytes(value) || value.length === 0) refuseReceipt("it is malformed", "格式错误");
  const receipt = decodeRlp(ENVELOPES.includes(value[0]) ? value.slice(1) : value);
  if (!Array.isArray(receipt) || receipt.length !== 4) refuseReceipt("it is malformed", "格式错误");
  const [status, gas, bloom, logs] = receipt;
  const hasForm = isBytes(status) && isBytes(gas) && gas.length <= 8 && gas[0] !== 0 && isBytes(bloom, 256) && Array.isArray(logs);
  if (!hasForm || !logs.every(isLog)) refuseReceipt("it is malformed", "格式错误");
  if (status.length !== 1 || status[0] !== 1) refuseReceipt("the transaction did not succeed", "交易没有成功");
  return logs;
}

function isLog(log) {
  if (!Array.isArray(log) || log.length !== 3) return false;
  const [address, topics, data] = log;
  const hasTopics = Array.isArray(topics) && topics.length <= MOST_TOPICS && topics.every((topic) => isBytes(topic, 32));
  return isBytes(address, 20) && hasTopics && isBytes(data);
}
