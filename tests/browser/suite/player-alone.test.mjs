// The player on a plain page with no P2C2R server: a picture, the right one, and no complaint.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openBrowser } from "../lib/chromium.mjs";
import { differenceCount, rmse, sumsOf } from "../lib/films.mjs";
import { fileHost } from "../lib/host.mjs";
import { colourCount, readFilm, renderAlone, sceneIdOf, waitForPicture } from "../lib/pages.mjs";
import { renderLocally } from "../lib/programs.mjs";

/** Below this a screenshot shows a flat area or an error text, not a lit box. */
const MIN_COLOURS = 64;
const SCENES = ["cornell", "night-city:size=60,seed=3", "furnace"];

const host = fileHost();

test("a player on plain HTML shows a picture", async () => {
  const tab = await host.browser.newTab();
  await tab.goto(`${host.files.url}/player.html`);
  await waitForPicture(tab);
  const shot = await tab.locator("p2c2r-player").screenshot();
  const count = await colourCount(tab, shot);
  assert.ok(count > MIN_COLOURS, `only ${count} colours on the screen`);
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

for (const scene of SCENES) {
  test(`WASM and native give the same bits: ${scene}`, async () => {
    const job = { scene, width: 96, height: 64, samples: 8, seed: 5 };
    const native = await renderLocally(job);
    const tab = await host.browser.newTab();
    await renderAlone(tab, host.files.url, job, { device: "cpu" });
    const film = await readFilm(tab);
    assert.equal(film.isComplete, true);
    assert.equal(await sceneIdOf(tab), native.sceneId, "packages differ");
    assert.equal(differenceCount(sumsOf(film.bytes), native.sums), 0, "sums differ");
    assert.deepEqual(tab.complaints, []);
    await tab.close();
  });
}

test("dispose ends a player that is rendering, and its page goes on", async () => {
  const tab = await host.browser.newTab();
  await tab.goto(`${host.files.url}/player.html`);
  await tab.evaluate(() => document.querySelector("p2c2r-player").dispose());
  await tab.evaluate(() => document.querySelector("p2c2r-player").dispose());
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

test("WebGPU agrees with the CPU within half the noise", async () => {
  const job = { scene: "cornell", width: 48, height: 32, samples: 16, seed: 5 };
  const reference = (await renderLocally(job)).sums;
  const other = (await renderLocally({ ...job, seed: 6 })).sums;
  const noise = rmse(reference, other, job.samples) / Math.SQRT2;
  const gpu = await openBrowser({ webgpu: true });
  try {
    const tab = await gpu.newTab();
    await renderAlone(tab, host.files.url, job, { device: "gpu" });
    const film = await readFilm(tab);
    const difference = rmse(sumsOf(film.bytes), reference, job.samples);
    assert.ok(difference <= 0.5 * noise, `${difference} against a noise of ${noise}`);
    assert.deepEqual(tab.complaints, []);
  } finally {
    await gpu.close();
  }
});
