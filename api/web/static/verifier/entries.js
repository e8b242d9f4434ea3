// Entries of batches of points and their sum tree (docs/spec/05-points.md §5.3, 08-certificates.md step 10).

import { equalBytes } from "./bytes.js";
import { entryLeaf, entryNode, recordHash } from "./encodings.js";
import { commitmentOf, field } from "./fields.js";
import { anyValue, decimal, exactly, hash, list, members, object, oneOf, refuseForm, text, whole } from "./form.js";
import { Refused } from "./outcomes.js";
import { siblings } from "./tree_path.js";
import { BATCH_KINDS, OPERATION_KINDS } from "./words.js";

const MOST_SUM = 2n ** 64n - 1n;
// The value stays as it is written, since its commitment is over that.
const tagText = (value, where) => hash(value, where) && value;
const accountField = field(exactly("account"), tagText);
const ofInputs = field(exactly("details"), wholeNumbers);
const ofReference = field(exactly("details"), members({ reference: text }));
const entryShape = members({ format: exactly(1), kind: oneOf(BATCH_KINDS), grams: decimal(63, 1n), entry_id: hash, fields: list(anyValue) });

/** What happened, in batches of feeds: the inputs of the quantification. */
function wholeNumbers(value, where) {
  for (const [name, number] of Object.entries(object(value, where))) whole()(number, `${where}.${name}`);
  return value;
}

function entry(value, where) {
  const checked = entryShape(value, where);
  const [account, details, ...more] = checked.fields;
  if (details === undefined || more.length > 0) refuseForm(`${where}.fields`, "the fields account and details", "字段 account 和 details");
  const detailsField = ["earn", "behaviour"].includes(checked.kind) ? ofInputs : ofReference;
  return { ...checked, fields: [accountField(account, `${where}.fields[0]`), detailsField(details, `${where}.fields[1]`)] };
}

/** Form of an entry proof. */
export const entryProof = members({
  format: exactly(1),
  entry,
  index: whole(),
  size: whole(),
  total: decimal(64),
  root: hash,
  path: list(members({ grams: decimal(64), hash })),
});

/** Step 10: the entry is in the cancel batch of the certificate, under the certificate's number. */
export async function checkEntry(proof, certificate, leaf) {
  const { batch } = certificate;
  if (proof.entry.kind !== "cancel") throw new Refused("The entry is not one of a cancellation.", "该条目不属于注销。");
  const sameBatch = proof.size === batch.entry_count && proof.total === batch.total && equalBytes(proof.root, batch.root);
  if (!sameBatch) throw new Refused("The entry's proof is for another batch than the certificate's.", "条目证明所属批次与凭证的批次不同。");
  if (batch.total !== leaf.quantity_gco2e) throw new Refused("The batch's total is not the quantity of the leaf.", "批次总量与叶中的数量不符。");
  if (proof.index !== certificate.number - batch.first_certificate) {
    throw new Refused("The entry stands at another place than the certificate's number says.", "条目的位置与凭证编号不符。");
  }
  await checkEntryPath(await leafHash(proof.entry), { ...proof, grams: proof.entry.grams });
}

/** Whether the path of sums leads from the leaf, whose hash the caller made of the entry itself, to total and root. */
export async function checkEntryPath(leaf, { grams: leafGrams, index, size, total, root, path }) {
  if (index >= size) throw new Refused("The entry's place is outside its batch.", "条目的位置超出批次范围。");
  const sides = siblings(BigInt(index), BigInt(size));
  if (sides.length !== path.length) throw new Refused("The entry's path has a wrong length.", "条目路径的长度不对。");
  let node = { grams: leafGrams, hash: leaf };
  for (const [place, { isLeft, leaves }] of sides.entries()) {
    const sibling = path[place];
    if (sibling.grams < leaves) throw new Refused("A part of the batch has fewer grams than entries.", "批次的某部分克数少于条目数。");
    const grams = node.grams + sibling.grams;
    if (grams > MOST_SUM) throw new Refused("The sum along the entry's path is too large.", "条目路径上的总和过大。");
    node = { grams, hash: await (isLeft ? entryNode(sibling, node) : entryNode(node, sibling)) };
  }
  if (node.grams !== total || !equalBytes(node.hash, root)) {
    throw new Refused("The entry's path does not lead to the batch's total and root: the entry or the path was changed.", "条目路径得不到批次的总量和根：条目或路径被改动。");
  }
}

async function leafHash(entry) {
  const commitments = await Promise.all(entry.fields.map(commitmentOf));
  const fieldsRoot = await recordHash(OPERATION_KINDS["points-cancelled"], commitments);
  return entryLeaf({ kind: BATCH_KINDS[entry.kind], grams: entry.grams, entryId: entry.entry_id, fieldsRoot });
}
