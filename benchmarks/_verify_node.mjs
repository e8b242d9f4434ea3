// Processor time of verifying bundles and of the bare hashes and signature checks in them (benchmarks/verify.py).
//
// In: {rounds, seconds, cases: [{name, level, bundle, trust, messages, signatures: [{key, signature, message}]}]}, bytes in base64.
// Out: for each case, for each round, {verify, bare, node_crypto}: seconds of one.

import { createHash, createPublicKey, verify as verifySignature } from "node:crypto";
import { readFileSync } from "node:fs";

import { verify } from "../api/web/static/verifier/verify.js";

const { subtle } = globalThis.crypto;
const ED25519_HEAD = Buffer.from("302a300506032b6570032100", "hex");

const bytesOf = (text) => new Uint8Array(Buffer.from(text, "base64"));

async function worksOf({ name, level, bundle, trust, messages, signatures }) {
  const data = bytesOf(bundle);
  const hashed = messages.map(bytesOf);
  const signed = [];
  for (const { key, signature, message } of signatures) {
    signed.push({
      imported: await subtle.importKey("raw", bytesOf(key), { name: "Ed25519" }, false, ["verify"]),
      key: createPublicKey({ key: Buffer.concat([ED25519_HEAD, bytesOf(key)]), format: "der", type: "spki" }),
      signature: bytesOf(signature),
      message: bytesOf(message),
    });
  }
  return {
    async verify() {
      const { verdict, reason } = await verify(data, trust, { level });
      if (verdict !== "verified") throw new Error(`${name}: ${verdict}: ${reason?.english}`);
    },
    async bare() {
      for (const message of hashed) await subtle.digest("SHA-256", message);
      for (const { imported, signature, message } of signed) {
        if (!(await subtle.verify({ name: "Ed25519" }, imported, signature, message))) throw new Error(`${name}: false signature`);
      }
    },
    async node_crypto() {
      for (const message of hashed) createHash("sha256").update(message).digest();
      for (const { key, signature, message } of signed) {
        if (!verifySignature(null, message, key, signature)) throw new Error(`${name}: false signature`);
      }
    },
  };
}

function processorSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

async function secondsEach(work, seconds) {
  const begin = processorSeconds();
  let count = 0;
  let spent = 0;
  while (spent < seconds) {
    for (let turn = 0; turn < 20; turn += 1) await work();
    count += 20;
    spent = processorSeconds() - begin;
  }
  return spent / count;
}

const { rounds, seconds, cases } = JSON.parse(readFileSync(0, "utf-8"));
const found = [];
for (const asked of cases) {
  const works = await worksOf(asked);
  // Until everything is compiled.
  for (const work of Object.values(works)) await secondsEach(work, seconds);
  const turns = [];
  for (let round = 0; round < rounds; round += 1) {
    const turn = {};
    for (const [name, work] of Object.entries(works)) turn[name] = await secondsEach(work, seconds);
    turns.push(turn);
  }
  found.push(turns);
}
process.stdout.write(JSON.stringify(found));
