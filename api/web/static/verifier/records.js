// Records of operations (docs/spec/03-encodings.md §3.1, 08-certificates.md §8.3 and step 5).

import { equalBytes } from "./bytes.js";
import { recordHash } from "./encodings.js";
import { commitmentOf, field, isShown } from "./fields.js";
import { exactly, isFieldName, list, members, oneOf, refuseForm } from "./form.js";
import { Refused } from "./outcomes.js";
import { OPERATION_KINDS } from "./words.js";

const MOST_FIELDS = 256;
const shape = members({ format: exactly(1), kind: oneOf(OPERATION_KINDS), fields: list(field()) });

/** Form of a record: shown names ascend, so that none can be there twice among them. */
export function record(value, where) {
  const checked = shape(value, where);
  const { length } = checked.fields;
  if (length < 1 || length > MOST_FIELDS) refuseForm(`${where}.fields`, `1 to ${MOST_FIELDS} fields`, ` 1 到 ${MOST_FIELDS} 个字段`);
  if (!ascends(checked.fields.filter(isShown).map(({ name }) => name))) refuseForm(`${where}.fields`, "in the order of their names", "按名称排序的字段");
  return checked;
}

// Names are ASCII, in which the order of JavaScript's strings is that of their UTF-8 bytes.
function ascends(names) {
  return names.every((name, index) => index === 0 || names[index - 1] < name);
}

/** Step 5: the record is the leaf's, and names all its fields. */
export async function checkRecord(checked, leaf) {
  const commitments = await Promise.all(checked.fields.map(commitmentOf));
  const computed = await recordHash(OPERATION_KINDS[checked.kind], commitments);
  if (!equalBytes(computed, leaf.record_hash)) {
    throw new Refused("The record's fields do not hash to the record hash of the leaf: a field was changed.", "记录各字段的哈希与叶中的记录哈希不符：有字段被改动。");
  }
  if (checked.kind !== leaf.kind) throw new Refused("The record is of another kind than the leaf.", "记录与叶的操作类型不同。");
  checkNames(checked);
}

function checkNames({ fields }) {
  const names = fields.find((one) => isShown(one) && one.name === "field_names")?.value;
  const isList = Array.isArray(names) && names.every(isFieldName);
  if (!isList) throw new Refused("The record does not show the list of its field names.", "记录没有出示其字段名清单。");
  const fits = names.length === fields.length && ascends(names) && fields.every((one, index) => !isShown(one) || one.name === names[index]);
  if (!fits) throw new Refused("The list of field names does not fit the record's fields.", "字段名清单与记录的字段不符。");
}
