// Every string of bytes that is hashed, as docs/spec/03-encodings.md §3.1 and §3.2 and 05-points.md §5.3 write it. Tags come first; nothing
// else packs bytes. Hashes, ids and addresses are Uint8Array, quantities and serials BigInt.

import { concatenate, toHex, u128, u16, u32, u64, u8, utf8 } from "./bytes.js";
import { sha256 } from "./hash.js";

const FORMAT = u8(1);
const NO_PARTY = new Uint8Array(32);
const tag = u8;

function prefixed(bytes) {
  return concatenate(u16(bytes.length), bytes);
}

export function fieldCommitment(name, salt, canonicalValue) {
  return sha256(tag(0x20), prefixed(utf8(name)), salt, canonicalValue);
}

export function recordHash(kind, commitments) {
  return sha256(tag(0x21), FORMAT, u16(kind), u16(commitments.length), ...commitments);
}

export function entryLeaf({ kind, grams, entryId, fieldsRoot }) {
  return sha256(tag(0x00), FORMAT, u8(kind), u64(grams), entryId, fieldsRoot);
}

/** Hash of the node over two; whoever calls has checked that the sums fit u64. */
export function entryNode(left, right) {
  return sha256(tag(0x01), u64(left.grams), left.hash, u64(right.grams), right.hash);
}

export function logLeaf({ chainId, ledger, kind, operationId, subject, from, to, grams, recordHash: record, timestamp }) {
  const what = [FORMAT, u64(chainId), ledger, u16(kind), operationId, subject];
  return sha256(tag(0x00), ...what, from, to, u128(grams), record, u64(timestamp));
}

export function logNode(left, right) {
  return sha256(tag(0x01), left, right);
}

export function lotId({ chainId, ledger, activityId, methodologyId, reductionClass, firstDay, lastDay }) {
  const period = [u32(firstDay), u32(lastDay)];
  return sha256(tag(0x30), FORMAT, u64(chainId), ledger, activityId, methodologyId, u8(reductionClass), ...period);
}

export function methodologyId(code, version) {
  return sha256(tag(0x31), FORMAT, prefixed(utf8(code)), u32(version));
}

export function activityId(code) {
  return sha256(tag(0x32), FORMAT, prefixed(utf8(code)));
}

export function certificateSubject({ number, lotId: lot, purpose, firstSerial }) {
  return sha256(tag(0x33), FORMAT, u64(number), lot, u8(purpose), u128(firstSerial));
}

/** Subject of a batch of kind cancel: of no party, with nothing withheld. */
export function cancelBatchSubject({ number, kind, reductionClass, root, total, entryCount, fileHash, firstCertificate }) {
  const what = [u64(number), u8(kind), u8(reductionClass), NO_PARTY, root, u64(total), u64(entryCount), fileHash];
  return sha256(tag(0x3c), FORMAT, ...what, u64(0), u64(firstCertificate));
}

export function buyBackLotId({ chainId, ledger, operationId, reductionClass }) {
  return sha256(tag(0x3d), FORMAT, u64(chainId), ledger, operationId, u8(reductionClass));
}

export function buyBackOperationId(redeemOperationId) {
  return sha256(tag(0x3e), FORMAT, redeemOperationId);
}

export function campaignId(code) {
  return sha256(tag(0x3f), FORMAT, prefixed(utf8(code)));
}

export function campaignCancellationSubject({ number, campaignId: campaign, reductionClass, purpose }) {
  return sha256(tag(0x40), FORMAT, u64(number), campaign, u8(reductionClass), u8(purpose));
}

/** Name of the deployment's log (docs/spec/07-log.md §7.1): computed, so that it binds chain, genesis, log and both ledgers. */
export async function origin({ chainId, genesisHash, transparencyLog, reductionLedger, pointLedger }) {
  const id = await sha256(tag(0x47), FORMAT, u64(chainId), genesisHash, transparencyLog, reductionLedger, pointLedger);
  return `tanpuhui/${chainId}/${toHex(id).slice(2)}`;
}
