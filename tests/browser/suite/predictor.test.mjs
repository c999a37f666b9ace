// The trained model in Chromium answers as ONNX Runtime does, and a file that is no model of ours is refused.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { openBrowser } from "../lib/chromium.mjs";
import { ROOT } from "../lib/programs.mjs";
import { serveFiles } from "../lib/static-server.mjs";

const GOLDEN_ROWS = 1000;
const TOLERANCE = 1e-4;

/** Runs `action` in a page that has the module's address in `globalThis.predictor`. */
async function inPage(action) {
  const names = await readdir(join(ROOT, "web/player/dist"));
  const [module] = names.filter((name) => /^predictor-\w+\.js$/.test(name));
  const files = await serveFiles();
  const browser = await openBrowser();
  try {
    const tab = await browser.newTab();
    await tab.goto(`${files.url}/empty.html`);
    await tab.evaluate(async (url) => {
      globalThis.predictor = await import(url);
    }, `/player/${module}`);
    await action(tab);
  } finally {
    await Promise.all([browser.close(), files.stop()]);
  }
}

test("the trained model answers as ONNX Runtime does", async () => {
  const sums = await readFile(join(ROOT, "models/SHA256SUMS"), "utf8");
  assert.match(sums, /latency\.golden\.f32/);
  await inPage(async (tab) => {
    const found = await tab.evaluate(async (count) => {
      const model = await globalThis.predictor.loadLatencyModel();
      const { rowLength, answerLength } = model;
      const golden = new Float32Array(await (await fetch("/models/latency.golden.f32")).arrayBuffer());
      const rows = golden.subarray(0, count * rowLength);
      const wanted = golden.subarray(count * rowLength);
      const answers = model.predict(rows);
      let worst = 0;
      answers.forEach((answer, place) => {
        const off = Math.abs(answer - wanted[place]);
        // Not a number is as wrong as can be.
        worst = off <= worst ? worst : Number.isNaN(off) ? Infinity : off;
      });
      return { worst, lengths: [golden.length, answers.length, wanted.length], rowLength, answerLength };
    }, GOLDEN_ROWS);
    const { worst, lengths, rowLength, answerLength } = found;
    assert.deepEqual(lengths, [
      GOLDEN_ROWS * (rowLength + answerLength),
      GOLDEN_ROWS * answerLength,
      GOLDEN_ROWS * answerLength,
    ]);
    assert.ok(worst <= TOLERANCE, `the worst answer is ${worst} off`);
  });
});

test("a file that is no model of ours is refused in words, and the next one still loads", async () => {
  await inPage(async (tab) => {
    const complaints = await tab.evaluate(async () => {
      const { LatencyModel, startModule } = globalThis.predictor;
      await startModule();
      const [name] = performance
        .getEntriesByType("resource")
        .map(({ name }) => name)
        .filter((name) => name.endsWith(".onnx"));
      const address = name ?? "/models/latency.onnx";
      const model = new Uint8Array(await (await fetch(address)).arrayBuffer());
      const renamed = model.slice();
      const at = new TextDecoder("latin1").decode(model).indexOf("is_hidden");
      renamed[at] = "x".charCodeAt(0);
      const files = {
        empty: new Uint8Array(),
        truncated: model.slice(0, model.length / 2),
        renamed,
        oversized: new Uint8Array(1 << 20),
        text: new TextEncoder().encode("<!doctype html>"),
      };
      const said = {};
      for (const [name, bytes] of Object.entries(files)) {
        try {
          LatencyModel.load(bytes);
          said[name] = "was loaded";
        } catch (error) {
          said[name] = String(error.message ?? error);
        }
      }
      said.whole = LatencyModel.load(model).predict(new Float32Array(26)).length;
      try {
        LatencyModel.load(model).predict(new Float32Array(27));
        said.half = "was answered";
      } catch (error) {
        said.half = String(error.message ?? error);
      }
      return said;
    });
    assert.match(complaints.empty, /must say its "kind"/);
    assert.match(complaints.truncated, /no ONNX model/);
    assert.match(complaints.renamed, /"?inputs"? is .*xs_hidden|inputs/);
    assert.match(complaints.oversized, /at most/);
    assert.match(complaints.text, /no ONNX model/);
    assert.match(complaints.half, /not whole/);
    assert.equal(complaints.whole, 5);
  });
});
