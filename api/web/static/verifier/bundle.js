// Form of a certificate bundle (docs/spec/08-certificates.md §8.1, §8.2, §8.4; step 3).

import { entryProof } from "./entries.js";
import { address, code, day, decimal, exactly, hash, list, members, membersByWord, nullOr, oneOf, someBytes, text, whole } from "./form.js";
import { Refused } from "./outcomes.js";
import { record } from "./records.js";
import { CLASSES, OPERATION_KINDS, PURPOSES } from "./words.js";

const reductionClass = oneOf(CLASSES);
const purpose = oneOf(PURPOSES);
const number = whole(1);

const deployment = members({ chain_id: whole(), genesis_hash: hash, transparency_log: address, reduction_ledger: address, point_ledger: address });

const issuedLot = members({
  activity_code: code,
  methodology_code: code,
  methodology_version: whole(0, 2 ** 32 - 1),
  class: reductionClass,
  period_first_day: day,
  period_last_day: day,
});
const boughtBackLot = members({ redeem_operation_id: hash, class: reductionClass });

function lot(value, where) {
  const isBoughtBack = value !== null && typeof value === "object" && "redeem_operation_id" in value;
  return isBoughtBack ? boughtBackLot(value, where) : issuedLot(value, where);
}

const certificate = membersByWord("kind", {
  reductions: members({ kind: exactly("reductions"), number, lot_id: hash, purpose, first_serial: decimal(128, 1n), lot: nullOr(lot) }),
  points: members({
    kind: exactly("points"),
    number,
    batch: members({
      number,
      class: reductionClass,
      root: hash,
      total: decimal(64),
      entry_count: number,
      file_hash: hash,
      first_certificate: number,
    }),
  }),
  campaign: members({ kind: exactly("campaign"), number, campaign_code: code, class: reductionClass, purpose }),
});

const leaf = members({
  index: whole(),
  kind: oneOf(OPERATION_KINDS),
  ledger: address,
  operation_id: hash,
  subject: hash,
  from: address,
  to: address,
  quantity_gco2e: decimal(128),
  record_hash: hash,
  timestamp: whole(),
});

const proof = membersByWord("type", {
  log: members({ type: exactly("log"), inclusion: list(hash), checkpoint: text }),
  "sealed-receipt": members({
    type: exactly("sealed-receipt"),
    header: someBytes,
    transaction_index: whole(),
    log_position: whole(),
    path: list(someBytes),
  }),
});

const common = { type: exactly("tanpuhui-certificate"), format: exactly(1), deployment, certificate, record: nullOr(record), leaf, proof };
const withEntry = members({ ...common, entry: entryProof });
const withoutEntry = members(common);

/** A bundle whose every value has its form. */
export function bundleOf(value) {
  const isOfPoints = value?.certificate?.kind === "points";
  return (isOfPoints ? withEntry : withoutEntry)(value, "bundle");
}

/** Whether a proof of the type can be verified at the level. */
export function refuseUnservedLevel(proofType, level) {
  const serves = { log: ["node", "log", "witnessed"], "sealed-receipt": ["sealed"] };
  if (serves[proofType].includes(level)) return;
  throw new Refused(`A proof of type ${proofType} cannot be verified at level ${level}.`, `类型为 ${proofType} 的证明不能按级别 ${level} 验证。`);
}
