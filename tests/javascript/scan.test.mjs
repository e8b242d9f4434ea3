// Where a scanned code leads: to a certificate of this server, or nowhere.

import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { getElementById: () => null };
const { destination } = await import("../../api/web/static/citizen/scan.js");
delete globalThis.document;

const ORIGINS = ["https://ledger.example", "https://public.example/carbon"];
const HASH = "0123456789abcdef".repeat(4);

test("codes of this ledger's certificates lead to their pages, with the bundle's hash", () => {
  const cases = {
    [`https://ledger.example/certificates/7#bundle=${HASH}`]: `/certificates/7#bundle=${HASH}`,
    "https://ledger.example/certificates/7": "/certificates/7",
    "https://public.example/carbon/certificates/1024": "/certificates/1024",
    "7": "/certificates/7",
    " １０２４ ": "/certificates/1024",
    "No. 1,024": "/certificates/1024",
    "№7": "/certificates/7",
    "007": "/certificates/7",
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(destination(text, ORIGINS), expected, text);
});

test("anything else leads nowhere", () => {
  const strangers = [
    "",
    "0",
    "-1",
    "1.5",
    "99999999999999999999",
    "https://evil.example/certificates/7",
    "https://ledger.example.evil.example/certificates/7",
    "https://ledger.example@evil.example/certificates/7",
    "http://ledger.example/certificates/7",
    "https://ledger.example/certificates/7/../../console",
    "https://ledger.example/certificates/07",
    "https://ledger.example/certificates/7?lang=en",
    "https://ledger.example/certificates/7#bundle=zz",
    "https://ledger.example//evil.example/certificates/7",
    "//evil.example/certificates/7",
    "/certificates/7",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "certificates/7",
    "WIFI:S:x;P:y;;",
  ];
  for (const text of strangers) assert.equal(destination(text, ORIGINS), null, text);
});
