// Good bundles of each kind of certificate, made from the specification; tests change one thing and see which step refuses it.

import { fromHex, toHex, utf8 } from "../../../api/web/static/verifier/bytes.js";
import { canonicalBytes } from "../../../api/web/static/verifier/canonical.js";
import * as encodings from "../../../api/web/static/verifier/encodings.js";
import { sha256 } from "../../../api/web/static/verifier/hash.js";
import { BATCH_KINDS, CLASSES, OPERATION_KINDS, PURPOSES } from "../../../api/web/static/verifier/words.js";
import { base64, LOG_TYPE, makeKey, note, WITNESS_TYPE, written } from "./keys.mjs";

const LOG_SIZE = 11;
const LEAF_INDEX = 6;
const hashOf = (text) => sha256(utf8(text));
const hexOf = async (text) => toHex(await hashOf(text));
const addressOf = async (text) => (await hexOf(text)).slice(0, 42);
const ZERO_ADDRESS = `0x${"0".repeat(40)}`;

/** Keys, pins and the good bundles of one deployment. */
export async function makeWorld() {
  const deployment = {
    chain_id: 31337,
    genesis_hash: await hexOf("genesis"),
    transparency_log: await addressOf("log"),
    reduction_ledger: await addressOf("reductions"),
    point_ledger: await addressOf("points"),
  };
  const origin = await originOf(deployment);
  const logKey = await makeKey(origin, LOG_TYPE);
  const witnesses = await Promise.all(["w1.example", "w2.example", "w3.example"].map((name) => makeKey(name, WITNESS_TYPE)));
  const trust = { logKey: await written(logKey), witnessKeys: await Promise.all(witnesses.map(written)), quorum: 2 };
  const world = { deployment, origin, logKey, witnesses, trust };
  world.bundles = { reductions: await reductions(world), points: await points(world), campaign: await campaign(world) };
  return world;
}

export async function originOf({ chain_id: chainId, ...bytes }) {
  return encodings.origin({
    chainId,
    genesisHash: fromHex(bytes.genesis_hash),
    transparencyLog: fromHex(bytes.transparency_log),
    reductionLedger: fromHex(bytes.reduction_ledger),
    pointLedger: fromHex(bytes.point_ledger),
  });
}

export function bytesOfBundle(bundle) {
  return canonicalBytes(bundle);
}

/** A record of these fields, those of `hidden` kept back. */
export async function recordOf(kind, values, hidden = []) {
  const names = [...Object.keys(values), "field_names"].sort();
  const all = { ...values, field_names: names };
  const fields = [];
  for (const name of names) {
    const salt = (await hexOf(`salt of ${name}`)).slice(0, 34);
    const commitment = toHex(await encodings.fieldCommitment(name, fromHex(salt), canonicalBytes(all[name])));
    fields.push(hidden.includes(name) ? { commitment } : { name, salt, value: all[name] });
  }
  return { format: 1, kind, fields };
}

export async function hashOfRecord({ kind, fields }) {
  const commitments = await Promise.all(
    fields.map(async (field) =>
      "commitment" in field
        ? fromHex(field.commitment)
        : encodings.fieldCommitment(field.name, fromHex(field.salt), canonicalBytes(field.value)),
    ),
  );
  return toHex(await encodings.recordHash(OPERATION_KINDS[kind], commitments));
}

async function reductions(world) {
  const { deployment } = world;
  const lot = {
    activity_code: "SH-PV-0001",
    methodology_code: "SHCER-01-002",
    methodology_version: 2,
    class: "II",
    period_first_day: "2025-01-01",
    period_last_day: "2025-12-31",
  };
  const lotId = await encodings.lotId({
    chainId: deployment.chain_id,
    ledger: fromHex(deployment.reduction_ledger),
    activityId: await encodings.activityId(lot.activity_code),
    methodologyId: await encodings.methodologyId(lot.methodology_code, lot.methodology_version),
    reductionClass: CLASSES[lot.class],
    firstDay: 20089,
    lastDay: 20453,
  });
  const account = await addressOf("holder");
  const certificate = { kind: "reductions", number: 17, lot_id: toHex(lotId), purpose: "voluntary-offset", first_serial: "5000001", lot };
  const subject = await encodings.certificateSubject({ number: 17, lotId, purpose: PURPOSES[certificate.purpose], firstSerial: 5000001 });
  const shown = { rules: "沪环规〔2025〕10号", account, lot_id: toHex(lotId), quantity_gco2e: "1234567", purpose: certificate.purpose };
  const further = { organisation: "某单位", period_first_day: "2025-01-01", period_last_day: "2025-12-31", beneficiary: "张三" };
  const record = await recordOf("reduction-cancelled", { ...shown, ...further }, ["beneficiary"]);
  const leaf = { ledger: deployment.reduction_ledger, subject: toHex(subject), from: account, quantity_gco2e: "1234567" };
  return withProof(world, { certificate, record, leaf });
}

async function campaign(world) {
  const certificate = { kind: "campaign", number: 18, campaign_code: "MARATHON-2026", class: "I", purpose: "event-neutrality" };
  const campaignId = await encodings.campaignId(certificate.campaign_code);
  const subject = await encodings.campaignCancellationSubject({ number: 18, campaignId, reductionClass: 1, purpose: PURPOSES[certificate.purpose] });
  const record = await recordOf("campaign-cancelled", { rules: "1", campaign_id: toHex(campaignId), class: "I" });
  const leaf = { ledger: world.deployment.point_ledger, subject: toHex(subject), from: ZERO_ADDRESS, quantity_gco2e: "250000" };
  return withProof(world, { certificate, record, leaf });
}

/** The bundle of one entry of a cancel batch; a cheat's may have entries of no grams. */
export async function points(world, { grams = [300n, 5n, 40n, 1200n, 7n], index = 2 } = {}) {
  const entries = await Promise.all(grams.map(entryOf));
  const tree = await sumTree(entries.map(({ node }) => node));
  const batch = {
    number: 9,
    class: "I",
    root: toHex(tree.root.hash),
    total: String(tree.root.grams),
    entry_count: entries.length,
    file_hash: await hexOf("file"),
    first_certificate: 100,
  };
  const certificate = { kind: "points", number: batch.first_certificate + index, batch };
  const subject = await encodings.cancelBatchSubject({
    number: batch.number,
    kind: BATCH_KINDS.cancel,
    reductionClass: 1,
    root: tree.root.hash,
    total: tree.root.grams,
    entryCount: batch.entry_count,
    fileHash: fromHex(batch.file_hash),
    firstCertificate: batch.first_certificate,
  });
  const shown = { class: "I", batch_root: batch.root, entry_count: String(batch.entry_count), file_hash: batch.file_hash, quantity_gco2e: batch.total };
  const record = await recordOf("points-cancelled", { rules: "1", ...shown });
  const path = tree.paths[index].map(({ grams, hash }) => ({ grams: String(grams), hash: toHex(hash) }));
  const entry = { format: 1, entry: entries[index].json, index, size: entries.length, total: batch.total, root: batch.root, path };
  const leaf = { ledger: world.deployment.point_ledger, subject: toHex(subject), from: ZERO_ADDRESS, quantity_gco2e: batch.total };
  return withProof(world, { certificate, record, leaf, entry });
}

async function entryOf(grams, index) {
  const entryId = await hashOf(`entry ${index}`);
  const { fields } = await recordOf("points-cancelled", { account: await hexOf(`tag ${index}`), details: { reference: `r-${index}` } });
  const [account, details] = fields;
  const commitments = [account, details].map((field) => encodings.fieldCommitment(field.name, fromHex(field.salt), canonicalBytes(field.value)));
  const fieldsRoot = await encodings.recordHash(OPERATION_KINDS["points-cancelled"], await Promise.all(commitments));
  const hash = await encodings.entryLeaf({ kind: BATCH_KINDS.cancel, grams, entryId, fieldsRoot });
  const json = { format: 1, kind: "cancel", grams: String(grams), entry_id: toHex(entryId), fields: [account, details] };
  return { json, node: { grams, hash } };
}

/** A bundle with its leaf in a log of other leaves, under a checkpoint that the log and all witnesses signed. */
export async function withProof({ deployment, origin, logKey, witnesses }, { certificate, record, leaf: given, entry }, { size = LOG_SIZE, index = LEAF_INDEX } = {}) {
  const kinds = { reductions: "reduction-cancelled", points: "points-cancelled", campaign: "campaign-cancelled" };
  const leaf = {
    index,
    kind: kinds[certificate.kind],
    operation_id: await hexOf("operation"),
    to: ZERO_ADDRESS,
    record_hash: record === null ? await hexOf("some record") : await hashOfRecord(record),
    timestamp: 1_761_955_200,
    ...given,
  };
  const leaves = await Promise.all(Array.from({ length: size }, (_, place) => hashOf(`leaf ${place}`)));
  leaves[index] = await leafHash(deployment, leaf);
  const { root, paths } = await logTree(leaves);
  const checkpoint = await note(checkpointText(origin, size, root), logKey, ...witnesses);
  const proof = { type: "log", inclusion: paths[index].map(toHex), checkpoint };
  return { type: "tanpuhui-certificate", format: 1, deployment, certificate, record, leaf, ...(entry === undefined ? {} : { entry }), proof };
}

export function checkpointText(origin, size, root) {
  return `${origin}\n${size}\n${base64(root)}\n`;
}

async function leafHash({ chain_id: chainId }, leaf) {
  return encodings.logLeaf({
    chainId,
    ledger: fromHex(leaf.ledger),
    kind: OPERATION_KINDS[leaf.kind],
    operationId: fromHex(leaf.operation_id),
    subject: fromHex(leaf.subject),
    from: fromHex(leaf.from),
    to: fromHex(leaf.to),
    grams: leaf.quantity_gco2e,
    recordHash: fromHex(leaf.record_hash),
    timestamp: leaf.timestamp,
  });
}

const logTree = (leaves) => tree(leaves, encodings.logNode);
const sumTree = (leaves) => tree(leaves, async (left, right) => ({ grams: left.grams + right.grams, hash: await encodings.entryNode(left, right) }));

/** Root and the path of every leaf, by the recursive definition of RFC 9162 §2.1: not the way the verifier walks it. */
async function tree(leaves, join) {
  if (leaves.length === 1) return { root: leaves[0], paths: [[]] };
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  const left = await tree(leaves.slice(0, split), join);
  const right = await tree(leaves.slice(split), join);
  const paths = [...left.paths.map((path) => [...path, right.root]), ...right.paths.map((path) => [...path, left.root])];
  return { root: await join(left.root, right.root), paths };
}
