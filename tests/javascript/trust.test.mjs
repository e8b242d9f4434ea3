// Pins, and what no pin or no means lets run: never "verified".

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { verifyEd25519 } from "../../api/web/static/verifier/ed25519.js";
import { verifierKey } from "../../api/web/static/verifier/notes.js";
import { verify } from "../../api/web/static/verifier/verify.js";
import { bytesOfBundle, makeWorld } from "./helpers/bundles.mjs";
import { makeKey, WITNESS_TYPE, written } from "./helpers/keys.mjs";

let world;
let bytes;
before(async () => {
  world = await makeWorld();
  bytes = bytesOfBundle(world.bundles.reductions);
});

async function couldNotRun(trust, options, reason) {
  const verdict = await verify(bytes, trust, options);
  assert.equal(verdict.verdict, "could-not-run");
  assert.match(verdict.reason.english, reason);
  assert.ok(verdict.steps.every(({ outcome }) => outcome !== "failed"));
}

test("pins that contradict each other, or are none", async () => {
  const { trust, origin, witnesses } = world;
  const [one, two] = trust.witnessKeys;
  const smallOrder = { name: "w4.example", type: WITNESS_TYPE, publicKey: new Uint8Array(32) };
  const cases = [
    [{}, "log", /No origin/],
    [{ origin }, "log", /key is missing/],
    [{ ...trust, logKey: trust.logKey.slice(0, -4) }, "log", /not a verifier key/],
    [{ ...trust, logKey: trust.logKey.replace(/\+[0-9a-f]{8}\+/, "+00000000+") }, "log", /not a verifier key/],
    [{ ...trust, logKey: one }, "log", /another use/],
    [{ ...trust, logKey: await written({ ...world.logKey, name: "log.example" }) }, "log", /No origin/],
    [{ ...trust, origin: origin.replace("/31337/", "/1/") }, "log", /not the origin/],
    [{ ...trust, witnessKeys: [one, one, two] }, "witnessed", /twice/],
    [{ ...trust, witnessKeys: [one, await written({ ...witnesses[0], name: "alias.example" })] }, "witnessed", /twice/],
    [{ ...trust, witnessKeys: [one, await written({ ...world.logKey, type: WITNESS_TYPE })] }, "witnessed", /twice/],
    [{ ...trust, witnessKeys: [one, await written(await makeKey("w1.example", WITNESS_TYPE))] }, "witnessed", /one name/],
    [{ ...trust, witnessKeys: [one, trust.logKey] }, "witnessed", /another use/],
    [{ ...trust, witnessKeys: [await written(smallOrder)] }, "witnessed", /small order/],
    [{ ...trust, witnessKeys: [one, await written({ ...witnesses[1], name: witnesses[0].name })] }, "witnessed", /one name/],
    [{ ...trust, quorum: 0 }, "witnessed", /quorum must be/],
    [{ ...trust, quorum: 4 }, "witnessed", /quorum must be/],
    [{ ...trust, quorum: 1.5 }, "witnessed", /quorum must be/],
    [{ ...trust, quorum: undefined }, "witnessed", /quorum must be/],
    [{ ...trust, witnessKeys: undefined }, "witnessed", /quorum must be/],
    [trust, "sealed", /No validator/],
    [trust, "hope", /no level/],
    [trust, "node", /No node/],
  ];
  for (const [pins, level, reason] of cases) await couldNotRun(pins, { level }, reason);
});

test("a key line may have spaces around it", async () => {
  const trust = { ...world.trust, logKey: ` ${world.trust.logKey}\n` };
  assert.equal((await verify(bytes, trust, { level: "log" })).verdict, "verified");
});

test("key ids are those of signed notes", async () => {
  // The key of the examples of golang.org/x/mod/sumdb/note.
  const key = await verifierKey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  assert.equal(key.name, "PeterNeumann");
  assert.equal(await verifierKey("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), null);
});

test("what is written like a verifier key and is none", async () => {
  const { logKey } = world;
  const named = async (name) => written({ ...logKey, name });
  const long = await written({ ...logKey, publicKey: new Uint8Array(33) });
  for (const text of ["", "a+b", "a+00000000+", "a+00000000+*", "a+00000000+AQ==", await named("a b"), await named("n".repeat(256)), long]) {
    assert.equal(await verifierKey(text), null, text);
  }
  assert.notEqual(await verifierKey(await named("n".repeat(255))), null);
});

test("a key of small order verifies nothing, though the equation holds", async () => {
  const identity = new Uint8Array(32).with(0, 1);
  // R is the base point and s is 1: s·B = R + h·A for A = 0, whatever the message.
  const signature = new Uint8Array(64).fill(0x66, 0, 32).with(0, 0x58).with(32, 1);
  assert.equal(await verifyEd25519(identity, signature, new Uint8Array(3)), false);
});

test("a browser without Ed25519 could not run; steps before it still count", async (context) => {
  const refuse = () => Promise.reject(new DOMException("unknown algorithm", "NotSupportedError"));
  context.mock.method(globalThis.crypto.subtle, "importKey", refuse);
  const verdict = await verify(bytes, world.trust, { level: "log" });
  assert.equal(verdict.verdict, "could-not-run");
  assert.equal(verdict.step.name, "log-signature");
  assert.equal(verdict.steps.filter(({ outcome }) => outcome === "passed").length, 12);
  assert.equal(verdict.bundle, null);
});

test("what is no bytes is a mistake of the program that calls, and no verdict", async () => {
  await assert.rejects(verify(undefined, world.trust, { level: "log" }), TypeError);
});

test("a page without WebCrypto could not run", async (context) => {
  context.mock.getter(globalThis.crypto, "subtle", () => undefined);
  await couldNotRun(world.trust, { level: "log" }, /no cryptography/);
});

test("the verifier makes no request of its own", async (context) => {
  const fetch = context.mock.method(globalThis, "fetch");
  await verify(bytes, world.trust, { level: "witnessed" });
  assert.equal(fetch.mock.callCount(), 0);
});

test("a key made at random verifies nothing of ours", async () => {
  const stranger = await makeKey(world.origin, 1);
  const verdict = await verify(bytes, { logKey: await written(stranger) }, { level: "log" });
  assert.equal(verdict.step.name, "log-signature");
});
