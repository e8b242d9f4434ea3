// What a verified bundle says, as rows for people. Nothing else than the bundle is read.

import { toHex } from "../verifier/bytes.js";
import { tonnes } from "../verifier/quantities.js";
import { bilingual, make } from "./elements.js";
import { language } from "./language.js";
import { FIELDS, KINDS, PURPOSES } from "./texts.js";

const MILLISECONDS_PER_DAY = 86_400_000;
/** Shown already by certificate and leaf, or of no use to people. */
const TOLD_ELSEWHERE = ["field_names", "lot_id", "purpose", "quantity_gco2e", "batch_root", "entry_count", "file_hash", "class", "campaign_id"];
const SHANGHAI = { timeZone: "Asia/Shanghai", dateStyle: "long", timeStyle: "medium" };

export function factsOf({ bundle, bundleHash, checkpoint, block, witnessCount }) {
  const { certificate, leaf } = bundle;
  const rows = [
    row("凭证编号", "Certificate number", String(certificate.number)),
    row("类型", "Kind", bilingual(...KINDS[certificate.kind])),
    row("注销数量", "Cancelled", quantity(bundle.entry?.entry.grams ?? leaf.quantity_gco2e)),
    ...ofKind[certificate.kind](certificate, leaf),
    row("注销时间", "Time", new Intl.DateTimeFormat(language === "en" ? "en" : "zh-CN", SHANGHAI).format(new Date(leaf.timestamp * 1000))),
    ...recordRows(bundle),
    ...entryRows(bundle),
    row("叶", "Leaf", String(leaf.index)),
  ];
  if (checkpoint !== null) rows.push(row("日志", "Log", code(checkpoint.origin)), row("检查点大小", "Size of the checkpoint", String(checkpoint.size)));
  if (block !== null) rows.push(row("区块", "Block", code(`${block.number} ${block.hash}`)));
  if (witnessCount !== null) rows.push(row("签署的见证方", "Witnesses that signed", String(witnessCount)));
  return [...rows, row("文件 SHA-256", "SHA-256 of the file", code(bundleHash))];
}

function row(chinese, english, value) {
  return { chinese, english, value };
}

function code(text) {
  return make("span", { className: "code", text });
}

function quantity(grams) {
  const exact = `(${grams.toLocaleString("en")} g CO₂e)`;
  return [make("strong", { text: tonnes(grams) }), " ", ...bilingual("吨二氧化碳当量", "t CO₂e"), ` ${exact}`];
}

const ofKind = {
  reductions: ({ purpose, lot_id: id, first_serial: first, lot }, leaf) => [
    row("用途", "Purpose", bilingual(...PURPOSES[purpose])),
    row("序列号", "Serial numbers", code(`${first} – ${first + leaf.quantity_gco2e - 1n}`)),
    ...lotRows(lot),
    row("批次标识", "Lot id", code(toHex(id))),
  ],
  points: ({ batch }) => [row("类别", "Class", batch.class), row("积分批次", "Batch of points", String(batch.number))],
  campaign: ({ campaign_code: campaign, class: word, purpose }) => [
    row("捐赠活动", "Campaign", campaign),
    row("类别", "Class", word),
    row("用途", "Purpose", bilingual(...PURPOSES[purpose])),
  ],
};

function lotRows(lot) {
  if (lot === null) return [row("项目", "Project", bilingual("持有人未公开", "kept back by the holder"))];
  if ("redeem_operation_id" in lot) return [row("来源", "Origin of the lot", bilingual(`由积分回兑（${lot.class} 类）`, `bought back from points (class ${lot.class})`))];
  return [
    row("项目", "Project", lot.activity_code),
    row("方法学", "Methodology", `${lot.methodology_code} v${lot.methodology_version}`),
    row("类别", "Class", lot.class),
    row("监测期", "Monitoring period", `${date(lot.period_first_day)} – ${date(lot.period_last_day)}`),
  ];
}

function date(days) {
  return new Date(days * MILLISECONDS_PER_DAY).toISOString().slice(0, 10);
}

function recordRows({ record }) {
  if (record === null) return [row("记录", "Record", bilingual("未附", "not enclosed"))];
  const shown = record.fields.filter(({ name }) => name !== undefined && !TOLD_ELSEWHERE.includes(name));
  const rows = shown.map(({ name, value }) => row(...(Object.hasOwn(FIELDS, name) ? FIELDS[name] : [name, ""]), written(value)));
  const names = record.fields.find(({ name }) => name === "field_names").value;
  const hidden = names.filter((_, place) => record.fields[place].name === undefined);
  if (hidden.length > 0) rows.push(row("未公开的字段", "Fields kept back", hidden.join(", ")));
  return rows;
}

function entryRows({ entry }) {
  if (entry === undefined) return [];
  const [account, details] = entry.entry.fields;
  const keptBack = bilingual("未公开", "kept back");
  return [
    row("账户标记", "Account tag", account.value === undefined ? keptBack : code(account.value)),
    row("说明", "Reference", details.value === undefined ? keptBack : written(details.value.reference ?? details.value)),
  ];
}

function written(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
