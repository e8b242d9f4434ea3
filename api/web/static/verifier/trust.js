// What whoever verifies pins (docs/spec/08-certificates.md, Levels). Pins that contradict each other are the caller's mistake: nothing runs.

import { fromHex, toHex } from "./bytes.js";
import { isOfSmallOrder } from "./ed25519.js";
import { LOG_KEY, verifierKey, WITNESS_KEY } from "./notes.js";
import { CouldNotRun } from "./outcomes.js";

export const LEVELS = ["node", "log", "witnessed", "sealed"];
const ADDRESS = /^0x[0-9a-f]{40}$/;
const ORIGIN = /^tanpuhui\/(?:0|[1-9][0-9]*)\/[0-9a-f]{64}$/;

/**
 * Pins, read and checked against each other.
 *
 * @param {{origin?: string, logKey?: string, witnessKeys?: string[], quorum?: number, validators?: string[]}} trust
 * @param {"node" | "log" | "witnessed" | "sealed"} level
 * @throws {CouldNotRun}
 */
export async function pinned(trust, level) {
  if (!LEVELS.includes(level)) mistake(`There is no level ${level}`, `没有级别 ${level}`);
  const logKey = trust.logKey === undefined ? null : await readKey(trust.logKey, LOG_KEY);
  const origin = pinnedOrigin(trust.origin, logKey);
  if (level === "node") return { level, origin };
  if (level === "sealed") return { level, origin, validators: pinnedValidators(trust.validators ?? []) };
  if (logKey === null) mistake("The log's key is missing", "缺少日志公钥");
  if (level === "log") return { level, origin, logKey };
  return { level, origin, logKey, ...(await pinnedWitnesses(trust, logKey)) };
}

function mistake(english, chinese) {
  throw new CouldNotRun(`${english}.`, `${chinese}。`);
}

async function readKey(written, type) {
  const key = await verifierKey(written.trim());
  if (key === null) mistake(`This is not a verifier key: ${written}`, `这不是验证公钥：${written}`);
  if (key.type !== type) mistake(`${key.name} is a key of another use`, `${key.name} 是其他用途的公钥`);
  if (isOfSmallOrder(key.publicKey)) mistake(`The key of ${key.name} proves nothing (small order)`, `${key.name} 的公钥不能证明任何事（小阶点）`);
  return key;
}

function pinnedOrigin(origin, logKey) {
  const name = logKey?.name ?? origin;
  if (name === undefined || !ORIGIN.test(name)) mistake("No origin of a Tanpuhui log is given", "没有给出碳普惠日志的来源");
  if (origin !== undefined && origin !== name) mistake("The log key's name is not the origin", "日志公钥的名称不是所给来源");
  return name;
}

function pinnedValidators(validators) {
  const written = validators.map((one) => one.trim());
  const malformed = written.find((one) => !ADDRESS.test(one));
  if (malformed !== undefined) mistake(`This is not an address: ${malformed}`, `这不是地址：${malformed}`);
  if (written.length === 0) mistake("No validator is given", "没有给出验证者");
  if (new Set(written).size !== written.length) mistake("A validator is given twice", "同一验证者给了两次");
  return written.map(fromHex);
}

async function pinnedWitnesses({ witnessKeys = [], quorum }, logKey) {
  const witnesses = await Promise.all(witnessKeys.map((written) => readKey(written, WITNESS_KEY)));
  const publicKeys = new Set([logKey, ...witnesses].map(({ publicKey }) => toHex(publicKey)));
  if (publicKeys.size !== witnesses.length + 1) mistake("One key is given twice", "同一公钥给了两次");
  if (new Set(witnesses.map(({ name }) => name)).size !== witnesses.length) mistake("Two witnesses have one name", "两个见证方同名");
  if (!Number.isSafeInteger(quorum) || quorum < 1 || quorum > witnesses.length) {
    mistake(`The quorum must be 1 to ${witnesses.length}, the number of witness keys`, `法定数须为 1 到见证方公钥数 ${witnesses.length}`);
  }
  return { witnesses, quorum };
}
