// Packing a scene inside WASM, in Chromium, gives the id that native packing gave.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { openBrowser } from "../lib/chromium.mjs";
import { ROOT } from "../lib/programs.mjs";
import { serveFiles } from "../lib/static-server.mjs";

test("WASM packs every scene of the table into the native package", async () => {
  const fixture = join(ROOT, "crates/scene/fixtures/package-ids.json");
  const expected = JSON.parse(await readFile(fixture, "utf8"));
  const files = await serveFiles();
  const browser = await openBrowser();
  try {
    const tab = await browser.newTab();
    await tab.goto(`${files.url}/empty.html`);
    const packed = await tab.evaluate(async () => {
      const module = await WebAssembly.instantiateStreaming(fetch("/examples/package_ids.wasm"));
      const { memory, package_ids: packageIds } = module.instance.exports;
      const at = packageIds();
      const length = new DataView(memory.buffer).getUint32(at, true);
      return JSON.parse(new TextDecoder().decode(new Uint8Array(memory.buffer, at + 4, length)));
    });
    assert.ok(Object.keys(expected).length > 0);
    assert.deepEqual(packed, expected);
  } finally {
    await Promise.all([browser.close(), files.stop()]);
  }
});
