// The verifier's encodings against the vectors to which Python and Solidity are held too.

import assert from "node:assert/strict";
import { test } from "node:test";

import { toHex } from "../../api/web/static/verifier/bytes.js";
import * as encodings from "../../api/web/static/verifier/encodings.js";
import { checkEntryPath } from "../../api/web/static/verifier/entries.js";
import { Refused } from "../../api/web/static/verifier/outcomes.js";
import { bytesOf, ownVectors } from "./helpers/vectors.mjs";

const BATCH_KIND_CANCEL = "4";

/** For each family of vectors, what the verifier makes of a vector. */
const COMPUTED = {
  record_field: (v) => encodings.fieldCommitment(v.name, bytesOf(v.salt), bytesOf(v.canonical_value)),
  record_hash: (v) => encodings.recordHash(v.kind, v.commitments.map(bytesOf)),
  entry_leaf: (v) => encodings.entryLeaf({ kind: v.kind, grams: v.grams, entryId: bytesOf(v.entry_id), fieldsRoot: bytesOf(v.fields_root) }),
  entry_node: (v) =>
    encodings.entryNode({ grams: v.left_grams, hash: bytesOf(v.left_hash) }, { grams: v.right_grams, hash: bytesOf(v.right_hash) }),
  log_leaf: (v) =>
    encodings.logLeaf({
      chainId: v.chain_id,
      ledger: bytesOf(v.ledger),
      kind: v.kind,
      operationId: bytesOf(v.operation_id),
      subject: bytesOf(v.subject),
      from: bytesOf(v.from_account),
      to: bytesOf(v.to_account),
      grams: v.grams,
      recordHash: bytesOf(v.record_hash),
      timestamp: v.timestamp,
    }),
  log_node: (v) => encodings.logNode(bytesOf(v.left), bytesOf(v.right)),
  lot_id: (v) =>
    encodings.lotId({
      chainId: v.chain_id,
      ledger: bytesOf(v.ledger),
      activityId: bytesOf(v.activity_id),
      methodologyId: bytesOf(v.methodology_id),
      reductionClass: v.reduction_class,
      firstDay: v.first_day,
      lastDay: v.last_day,
    }),
  methodology_id: (v) => encodings.methodologyId(v.code, v.version),
  activity_id: (v) => encodings.activityId(v.code),
  certificate_subject: (v) =>
    encodings.certificateSubject({ number: v.certificate_number, lotId: bytesOf(v.lot_id), purpose: v.purpose, firstSerial: v.first_serial }),
  buy_back_lot_id: (v) =>
    encodings.buyBackLotId({ chainId: v.chain_id, ledger: bytesOf(v.ledger), operationId: bytesOf(v.operation_id), reductionClass: v.reduction_class }),
  buy_back_operation_id: (v) => encodings.buyBackOperationId(bytesOf(v.redeem_id)),
  campaign_id: (v) => encodings.campaignId(v.code),
  campaign_cancellation_subject: (v) =>
    encodings.campaignCancellationSubject({
      number: v.certificate_number,
      campaignId: bytesOf(v.campaign_id),
      reductionClass: v.reduction_class,
      purpose: v.purpose,
    }),
};

const vectors = ownVectors("encodings");

for (const [family, computed] of Object.entries(COMPUTED)) {
  test(`${family}: every vector`, async () => {
    assert.ok(vectors[family].length > 0);
    for (const vector of vectors[family]) assert.equal(toHex(await computed(vector)), vector.expected, JSON.stringify(vector));
  });
}

test("batch_subject: every vector of a cancellation", async () => {
  const cancellations = vectors.batch_subject.filter((v) => v.kind === BATCH_KIND_CANCEL && BigInt(v.party) === 0n && v.withheld_grams === "0");
  assert.ok(cancellations.length > 0);
  for (const v of cancellations) {
    const computed = await encodings.cancelBatchSubject({
      number: v.batch_number,
      kind: v.kind,
      reductionClass: v.reduction_class,
      root: bytesOf(v.root),
      total: v.total,
      entryCount: v.entry_count,
      fileHash: bytesOf(v.file_hash),
      firstCertificate: v.first_certificate,
    });
    assert.equal(toHex(computed), v.expected, JSON.stringify(v));
  }
});

const batches = ownVectors("batches");

function pathOf(v) {
  return {
    grams: BigInt(v.grams),
    index: Number(v.index),
    size: Number(v.size),
    total: BigInt(v.total),
    root: bytesOf(v.root),
    path: v.proof_grams.map((grams, place) => ({ grams: BigInt(grams), hash: bytesOf(v.proof_hashes[place]) })),
  };
}

async function leafOf(v) {
  return encodings.entryLeaf({ kind: v.kind, grams: v.grams, entryId: bytesOf(v.entry_id), fieldsRoot: bytesOf(v.fields_root) });
}

test("entry_proof: every vector", async () => {
  assert.ok(batches.entry_proof.length > 0);
  for (const v of batches.entry_proof) await checkEntryPath(await leafOf(v), pathOf(v));
});

test("entry_proof_refused: every vector", async () => {
  assert.ok(batches.entry_proof_refused.length > 0);
  for (const v of batches.entry_proof_refused) {
    await assert.rejects(async () => checkEntryPath(await leafOf(v), pathOf(v)), Refused, v.why);
  }
});
