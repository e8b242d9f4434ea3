// Headers of blocks that QBFT validators sealed (docs/spec/08-certificates.md §8.6; steps 11 and 12).

import { toHex } from "../bytes.js";
import { Refused } from "../outcomes.js";
import { keccak256 } from "./keccak.js";
import { decodeRlp, encodeRlp } from "./rlp.js";
import { recovered } from "./secp256k1.js";

export const LARGEST_PART = 65_536;
const LEAST_ITEMS = 15;
const NOTHING = new Uint8Array(0);
const EXTRA_DATA = 12;

const bytes = (length) => (item) => item.length === length;
const whole = (most) => (item) => item.length <= most && item[0] !== 0;
/** Forms of a header's items, in their order. */
const ITEMS = [
  ["parentHash", bytes(32)],
  ["sha3Uncles", bytes(32)],
  ["miner", bytes(20)],
  ["stateRoot", bytes(32)],
  ["transactionsRoot", bytes(32)],
  ["receiptsRoot", bytes(32)],
  ["logsBloom", bytes(256)],
  ["difficulty", whole(32)],
  ["number", whole(8)],
  ["gasLimit", whole(8)],
  ["gasUsed", whole(8)],
  ["timestamp", whole(8)],
  ["extraData", () => true],
  ["mixHash", bytes(32)],
  ["nonce", bytes(8)],
  ["baseFeePerGas", whole(32)],
  ["withdrawalsRoot", bytes(32)],
  ["blobGasUsed", whole(8)],
  ["excessBlobGas", whole(8)],
  ["parentBeaconBlockRoot", bytes(32)],
  ["requestsHash", bytes(32)],
];

function refuseHeader(english, chinese) {
  throw new Refused(`The block header is malformed: ${english}.`, `区块头格式错误：${chinese}。`);
}

export const isBytes = (item, length) => item instanceof Uint8Array && (length === undefined || item.length === length);
export const wholeNumber = (item) => (item.length === 0 ? 0n : BigInt(toHex(item)));

/** Step 11. */
export function headerOf(encoded) {
  if (encoded.length > LARGEST_PART) refuseHeader("it is too long", "过长");
  const items = decodeRlp(encoded);
  if (!Array.isArray(items) || items.length < LEAST_ITEMS || items.length > ITEMS.length) refuseHeader("its number of items", "项数不对");
  for (const [place, item] of items.entries()) {
    const [name, fits] = ITEMS[place];
    if (!isBytes(item) || !fits(item)) refuseHeader(name, name);
  }
  const extra = decodeRlp(items[EXTRA_DATA]);
  if (!isExtra(extra)) refuseHeader("extraData", "extraData");
  const [number, timestamp] = [8, 11].map((place) => wholeNumber(items[place]));
  return { receiptsRoot: items[5], number, timestamp, seals: extra[4], ...hashes(items, extra) };
}

function isExtra(extra) {
  if (!Array.isArray(extra) || extra.length !== 5) return false;
  const [vanity, validators, vote, round, seals] = extra;
  const hasForm = isBytes(vanity, 32) && isBytes(round) && whole(4)(round) && isVote(vote);
  return hasForm && isListOf(validators, 20) && isListOf(seals, 65);
}

function isListOf(items, length) {
  return Array.isArray(items) && items.every((item) => isBytes(item, length));
}

function isVote(vote) {
  if (!Array.isArray(vote)) return false;
  if (vote.length === 0) return true;
  const [who, what] = vote;
  return vote.length === 2 && isBytes(who, 20) && isBytes(what) && ["0x", "0x00", "0xff"].includes(toHex(what));
}

function hashes(items, [vanity, validators, vote, round]) {
  const hashWith = (extra) => keccak256(encodeRlp(items.with(EXTRA_DATA, encodeRlp(extra))));
  return {
    sealedHash: hashWith([vanity, validators, vote, round, []]),
    blockHash: hashWith([vanity, validators, vote, NOTHING, []]),
  };
}

/** Step 12: of the pinned validators enough, each once, and nobody else. */
export function checkSeals({ sealedHash, seals }, validators) {
  const pinned = new Set(validators.map(toHex));
  const sealers = new Set();
  for (const seal of seals) {
    const address = recovered(sealedHash, seal);
    const sealer = address && toHex(address);
    if (sealer === null) throw new Refused("A seal of the block is false.", "区块的一个封印是错误的。");
    if (!pinned.has(sealer)) throw new Refused(`${sealer} sealed the block and is none of the given validators.`, `封印者 ${sealer} 不在所给验证者之列。`);
    if (sealers.has(sealer)) throw new Refused(`${sealer} sealed the block twice.`, `${sealer} 封印了两次。`);
    sealers.add(sealer);
  }
  const quorum = Math.ceil((2 * pinned.size) / 3);
  if (sealers.size >= quorum) return sealers.size;
  throw new Refused(`${sealers.size} of the given validators sealed the block; ${quorum} are required.`, `所给验证者中有 ${sealers.size} 个封印，需要 ${quorum} 个。`);
}
