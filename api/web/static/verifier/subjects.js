// What the leaf of a certificate must say (docs/spec/08-certificates.md §8.2, steps 6 to 9).

import { equalBytes, toHex } from "./bytes.js";
import * as encodings from "./encodings.js";
import { isShown } from "./fields.js";
import { Refused } from "./outcomes.js";
import { BATCH_KINDS, CLASSES, PURPOSES } from "./words.js";

const LEAVES = {
  reductions: { kind: "reduction-cancelled", ledger: "reduction_ledger" },
  points: { kind: "points-cancelled", ledger: "point_ledger" },
  campaign: { kind: "campaign-cancelled", ledger: "point_ledger" },
};
const MOST_GRAMS = 2n ** 63n - 1n;

/** Step 6. */
export function checkLeaf({ certificate, deployment, leaf }) {
  const expected = LEAVES[certificate.kind];
  if (leaf.kind !== expected.kind) throw new Refused(`The leaf is of kind ${leaf.kind}, not ${expected.kind}.`, `叶的类型是 ${leaf.kind}，而不是 ${expected.kind}。`);
  if (!equalBytes(leaf.ledger, deployment[expected.ledger])) {
    throw new Refused("The leaf is of another ledger than this kind of certificate has.", "叶所属的账本不是该类凭证的账本。");
  }
  if (isZero(leaf.from) === (certificate.kind === "reductions") || !isZero(leaf.to)) {
    throw new Refused("The leaf names accounts that a cancellation of this kind does not have.", "叶中的账户与该类注销不符。");
  }
  if (leaf.quantity_gco2e < 1n || leaf.quantity_gco2e > MOST_GRAMS) throw new Refused("The quantity is zero or too large.", "数量为零或过大。");
}

function isZero(address) {
  return address.every((byte) => byte === 0);
}

/** Step 7. */
export async function checkSubject({ certificate, leaf }) {
  if (equalBytes(await SUBJECTS[certificate.kind](certificate), leaf.subject)) return;
  throw new Refused(
    "The certificate is not the one that the leaf was made for: number, lot, purpose, serials or batch were changed.",
    "凭证不是该叶所对应的凭证：编号、批次、用途或序列号被改动。",
  );
}

const SUBJECTS = {
  reductions: ({ number, lot_id: lotId, purpose, first_serial: firstSerial }) =>
    encodings.certificateSubject({ number, lotId, purpose: PURPOSES[purpose], firstSerial }),
  points: ({ batch }) =>
    encodings.cancelBatchSubject({
      number: batch.number,
      kind: BATCH_KINDS.cancel,
      reductionClass: CLASSES[batch.class],
      root: batch.root,
      total: batch.total,
      entryCount: batch.entry_count,
      fileHash: batch.file_hash,
      firstCertificate: batch.first_certificate,
    }),
  campaign: async ({ number, campaign_code: code, class: word, purpose }) =>
    encodings.campaignCancellationSubject({
      number,
      campaignId: await encodings.campaignId(code),
      reductionClass: CLASSES[word],
      purpose: PURPOSES[purpose],
    }),
};

/** Step 8. */
export async function checkLot({ certificate, deployment }) {
  const lot = certificate.lot ?? null;
  if (lot === null || equalBytes(await lotIdOf(lot, deployment), certificate.lot_id)) return;
  throw new Refused("Project, methodology, class or period are not those of the lot.", "项目、方法学、类别或监测期与批次不符。");
}

async function lotIdOf(lot, { chain_id: chainId, reduction_ledger: ledger }) {
  const reductionClass = CLASSES[lot.class];
  if ("redeem_operation_id" in lot) {
    const operationId = await encodings.buyBackOperationId(lot.redeem_operation_id);
    return encodings.buyBackLotId({ chainId, ledger, operationId, reductionClass });
  }
  return encodings.lotId({
    chainId,
    ledger,
    activityId: await encodings.activityId(lot.activity_code),
    methodologyId: await encodings.methodologyId(lot.methodology_code, lot.methodology_version),
    reductionClass,
    firstDay: lot.period_first_day,
    lastDay: lot.period_last_day,
  });
}

/** Step 9: of the record's shown fields, those that say again what leaf and certificate say. */
export async function checkAgreement({ record, certificate, leaf }) {
  if (record === null) return;
  const expected = { quantity_gco2e: String(leaf.quantity_gco2e), ...(await EXPECTED[certificate.kind](certificate, leaf)) };
  for (const { name, value } of record.fields.filter(isShown)) {
    if (Object.hasOwn(expected, name) && value !== expected[name]) {
      throw new Refused(`The record's field ${name} is not what the certificate says.`, `记录的字段 ${name} 与凭证不符。`);
    }
  }
}

const EXPECTED = {
  reductions: ({ lot_id: lotId, purpose }, { from }) => ({ account: toHex(from), lot_id: toHex(lotId), purpose }),
  points: ({ batch }) => ({
    class: batch.class,
    batch_root: toHex(batch.root),
    entry_count: String(batch.entry_count),
    file_hash: toHex(batch.file_hash),
  }),
  campaign: async ({ campaign_code: code, class: reductionClass, purpose }) => ({
    campaign_id: toHex(await encodings.campaignId(code)),
    class: reductionClass,
    purpose,
  }),
};
