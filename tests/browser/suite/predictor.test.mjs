// The trained models in Chromium answer as ONNX Runtime does, and a file that is no model of ours is refused.

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

for (const kind of ["latency", "cost"]) {
  test(`the ${kind} model answers as ONNX Runtime does`, async () => {
    const sums = await readFile(join(ROOT, "models/SHA256SUMS"), "utf8");
    assert.ok(sums.includes(`  ${kind}.golden.f32`));
    await inPage(async (tab) => {
      const found = await tab.evaluate(compareWithGolden, { kind, count: GOLDEN_ROWS });
      const { worst, lengths, rowLength, answerLength } = found;
      assert.deepEqual(lengths, [
        GOLDEN_ROWS * (rowLength + answerLength),
        GOLDEN_ROWS * answerLength,
        GOLDEN_ROWS * answerLength,
      ]);
      assert.ok(worst <= TOLERANCE, `the worst answer is ${worst} off`);
    });
  });
}

/** Asks a model in the page the golden rows; not a number is as wrong as can be. */
async function compareWithGolden({ kind, count }) {
  const { loadCostModel, loadLatencyModel } = globalThis.predictor;
  const model = await (kind === "cost" ? loadCostModel() : loadLatencyModel());
  const { rowLength, answerLength } = model;
  const response = await fetch(`/models/${kind}.golden.f32`);
  const golden = new Float32Array(await response.arrayBuffer());
  const rows = golden.subarray(0, count * rowLength);
  const wanted = golden.subarray(count * rowLength);
  const answers = model.predict(rows);
  let worst = 0;
  answers.forEach((answer, place) => {
    const off = Math.abs(answer - wanted[place]);
    worst = off <= worst ? worst : Number.isNaN(off) ? Infinity : off;
  });
  return { worst, lengths: [golden.length, answers.length, wanted.length], rowLength, answerLength };
}

test("a file that is no model of ours is refused in words, and the next one still loads", async () => {
  await inPage(async (tab) => {
    const complaints = await tab.evaluate(async () => {
      const { CostModel, LatencyModel, startModule } = globalThis.predictor;
      await startModule();
      const bytesOf = async (name) => new Uint8Array(await (await fetch(`/models/${name}`)).arrayBuffer());
      const model = await bytesOf("latency.onnx");
      const renamed = model.slice();
      const at = new TextDecoder("latin1").decode(model).indexOf("is_hidden");
      renamed[at] = "x".charCodeAt(0);
      const files = {
        empty: new Uint8Array(),
        truncated: model.slice(0, model.length / 2),
        renamed,
        oversized: new Uint8Array(1 << 20),
        text: new TextEncoder().encode("<!doctype html>"),
        cost: await bytesOf("cost.onnx"),
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
      try {
        CostModel.load(model);
        said.latency = "was loaded";
      } catch (error) {
        said.latency = String(error.message ?? error);
      }
      said.cells = CostModel.load(files.cost).predict(new Float32Array(3 * 20)).length;
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
    assert.match(complaints.cost, /kind is "cost"/);
    assert.match(complaints.latency, /kind is "latency"/);
    assert.equal(complaints.cells, 3);
    assert.equal(complaints.whole, 5);
  });
});
