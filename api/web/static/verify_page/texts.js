// What the page says of steps, levels and values, Chinese and English.

export const STEPS = {
  size: ["文件大小在限度内", "the file is not too large"],
  json: ["是规范的 JSON，没有重复或多余的内容", "canonical JSON, nothing twice and nothing besides"],
  form: ["各项内容齐全且格式正确", "every part is there and has its form"],
  deployment: ["属于所信任的链和账本", "it is of the chain and ledgers that are trusted"],
  record: ["所出示的记录字段是当时写下的，且每个名称只有一个", "the record's shown fields are those written then, one of each name"],
  leaf: ["叶是注销，属于正确的账本", "the leaf is a cancellation of the right ledger"],
  subject: ["编号、批次、用途、序列号与叶一致", "number, lot or batch, purpose and serials are the leaf's"],
  lot: ["项目、方法学、类别、监测期与批次一致", "project, methodology, class and period are the lot's"],
  agreement: ["记录与凭证所述一致", "record and certificate say the same"],
  entry: ["个人条目在该批次中，克数和编号一致", "the person's entry is in the batch, with its grams and number"],
  checkpoint: ["检查点属于该日志，并包含此叶", "the checkpoint is of the log and covers the leaf"],
  inclusion: ["叶在该检查点的日志中", "the leaf is in the log of that checkpoint"],
  "log-signature": ["日志公钥签署了检查点", "the log's key signed the checkpoint"],
  witnesses: ["足够多的见证方签署了检查点", "enough witnesses signed the checkpoint"],
  header: ["区块头格式正确", "the block's header is well formed"],
  seals: ["足够多的验证者封印了区块", "enough validators sealed the block"],
  receipt: ["交易收据在该区块中，且交易成功", "the transaction's receipt is in the block, and it succeeded"],
  event: ["日志合约在该区块中写入了此叶", "the log's contract appended the leaf in that block"],
  chain: ["节点上的链有相同的日志根", "the chain, as the node shows it, has the same log root"],
};

export const VERDICTS = {
  verified: ["✓", "验证通过", "Verified"],
  refused: ["✗", "验证不通过", "Not verified"],
  "could-not-run": ["?", "未能验证，结果未知", "Could not run: nothing is known"],
};

export const LEVELS = {
  log: [
    "这项注销在公开日志中，日志持有者签署了它。您信任日志公钥的持有者不向不同的人出示不同的日志。",
    "The cancellation is in the public log that its holder signed. You trust the holder of the log's key not to show different logs to different people.",
  ],
  witnessed: [
    "这项注销在公开日志中，日志持有者和见证方都签署了它。您信任任何足够多的见证方中至少有一个诚实。",
    "The cancellation is in the public log that its holder and witnesses signed. You trust that of any quorum of these witnesses at least one is honest.",
  ],
  sealed: [
    "这项注销写在链上验证者封印的区块中。您信任验证者中作弊者不足三分之一。",
    "The cancellation is in a block that the chain's validators sealed. You trust that fewer than a third of them cheat.",
  ],
  node: ["这项注销在链上日志中。您信任所填写的节点如实回答。", "The cancellation is in the log on the chain. You trust that the node you entered answers truthfully."],
};

export const PINS_ARE_SERVED = [
  "所用信任依据由本服务器预填：如果您还没有用别的途径核对它（公钥可核对指纹），请先核对。",
  "What you trust was filled in by this server: unless you have compared it over another channel (a key by its fingerprint), do so first.",
];

export const NOT_PROVED = [
  ["持有人自己填写的内容（受益方、活动、单位等）是否属实：只证明它在注销时写下，且同名字段只有一个。", "That what the holder wrote himself (beneficiary, event, organisation …) is true: only that it was written when the cancellation was made, and is the only field of its name."],
  ["减排本身是否发生：由技术中心和主管部门负责。", "That the reduction happened: the technical centre and the regulator answer for that."],
  ["账户背后是谁。", "Who stands behind an account."],
  ["PDF 或网页上印的文字：只有上面列出的内容经过验证。", "What is printed in a PDF or on a page: only what is listed above was verified."],
];

export const KINDS = { reductions: ["减排量注销", "cancellation of reductions"], points: ["个人积分自愿注销", "a person's cancelled points"], campaign: ["捐赠活动注销", "cancellation for a campaign"] };

export const PURPOSES = {
  "ecological-restoration": ["生态环境损害赔偿替代修复", "ecological restoration"],
  "event-neutrality": ["活动碳中和", "event neutrality"],
  "voluntary-offset": ["自愿抵消", "voluntary offset"],
  "ets-compliance": ["碳市场履约", "ETS compliance"],
};

export const FIELDS = {
  account: ["账户", "account"],
  beneficiary: ["受益方", "beneficiary"],
  case_reference: ["案件", "case"],
  compliance_year: ["履约年度", "compliance year"],
  event: ["活动", "event"],
  organisation: ["单位", "organisation"],
  period_first_day: ["期间首日", "first day of the period"],
  period_last_day: ["期间末日", "last day of the period"],
  rules: ["规则版本", "rules"],
};
