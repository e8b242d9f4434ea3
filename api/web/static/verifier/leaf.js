// The hash of a bundle's leaf.

import { logLeaf } from "./encodings.js";
import { OPERATION_KINDS } from "./words.js";

export function leafHashOf(leaf, deployment) {
  return logLeaf({
    chainId: deployment.chain_id,
    ledger: leaf.ledger,
    kind: OPERATION_KINDS[leaf.kind],
    operationId: leaf.operation_id,
    subject: leaf.subject,
    from: leaf.from,
    to: leaf.to,
    grams: leaf.quantity_gco2e,
    recordHash: leaf.record_hash,
    timestamp: leaf.timestamp,
  });
}
