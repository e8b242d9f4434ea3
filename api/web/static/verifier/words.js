// Words of the specification and the numbers that are hashed for them (docs/spec/03-encodings.md §3.4, 05-points.md §5.2 and §5.4).

/** Operation kinds, of leaves and records. */
export const OPERATION_KINDS = {
  "account-opened": 1,
  "account-frozen": 2,
  "account-unfrozen": 3,
  "account-closed": 4,
  "methodology-published": 16,
  "methodology-withdrawn": 17,
  "activity-registered": 32,
  "activity-suspended": 33,
  "activity-resumed": 34,
  "activity-closed": 35,
  "activity-withdrawn": 36,
  "issuance-proposed": 48,
  "issuance-confirmed": 49,
  "issuance-rejected": 50,
  "reduction-transferred": 51,
  "reduction-cancelled": 52,
  "reduction-corrected": 53,
  "lot-frozen": 54,
  "lot-unfrozen": 55,
  "points-bought-back": 56,
  "provider-admitted": 64,
  "provider-suspended": 65,
  "provider-resumed": 66,
  "provider-closed": 67,
  "campaign-opened": 72,
  "campaign-closed": 73,
  "points-earned": 80,
  "points-redeemed": 81,
  "points-donated": 82,
  "points-cancelled": 83,
  "points-corrected": 84,
  "behaviour-recorded": 85,
  "points-snapshot-taken": 86,
  "campaign-cancelled": 87,
};

export const BATCH_KINDS = { earn: 1, redeem: 2, donate: 3, cancel: 4, correct: 5, behaviour: 6, snapshot: 7 };

export const CLASSES = { I: 1, II: 2 };

export const PURPOSES = { "ecological-restoration": 1, "event-neutrality": 2, "voluntary-offset": 3, "ets-compliance": 4 };
