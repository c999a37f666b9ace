// The denoised picture of a player and of the watch page: nearer to a converged one, and never in the film.

import assert from "node:assert/strict";
import { test } from "node:test";

import { openBrowser } from "../lib/chromium.mjs";
import { differenceCount, sumsOf } from "../lib/films.mjs";
import { fileHost } from "../lib/host.mjs";
import * as pages from "../lib/pages.mjs";
import { startServer } from "../lib/programs.mjs";

const JOB = { scene: "cornell", width: 96, height: 64, samples: 4, seed: 5 };
const CONVERGED = { ...JOB, samples: 512, seed: 6 };
/** What the denoised picture must gain over the plain one. */
const LEAST_GAIN_DB = 3;

const host = fileHost();

test("a denoised picture is nearer to a converged one, and its film is the same", async () => {
  const tab = await host.browser.newTab();
  await pages.renderAlone(tab, host.files.url, CONVERGED, { device: "cpu", denoise: "off" });
  const converged = await picture(tab, "film");
  await pages.renderAlone(tab, host.files.url, JOB, { device: "cpu", denoise: "off" });
  const plain = await picture(tab, "shown");
  const plainFilm = (await pages.readFilm(tab)).bytes;
  assert.equal(plain.isDenoised, false);

  await pages.renderAlone(tab, host.files.url, JOB, { device: "cpu", denoise: "on" });
  const shown = await picture(tab, "shown");
  assert.deepEqual([shown.isDenoised, shown.isComplete, shown.samples], [true, true, JOB.samples]);
  const [before, after] = [plain, shown].map(({ rgba }) => psnr(rgba, converged.rgba));
  assert.ok(after > before + LEAST_GAIN_DB, `${before} dB became ${after} dB`);
  const film = (await pages.readFilm(tab)).bytes;
  assert.equal(differenceCount(sumsOf(film), sumsOf(plainFilm)), 0, "the film is another one");
  assert.deepEqual((await picture(tab, "film")).rgba, plain.rgba);
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

test("denoising can be switched while a picture is shown", async () => {
  const tab = await host.browser.newTab();
  await pages.renderAlone(tab, host.files.url, JOB, { device: "cpu", denoise: "off" });
  const plain = await picture(tab, "shown");
  assert.deepEqual(await switched(tab, "on"), { isDenoised: true, isOnGpu: false });
  const denoised = await picture(tab, "shown");
  assert.notDeepEqual(denoised.rgba, plain.rgba);
  assert.deepEqual(await switched(tab, "off"), { isDenoised: false, isOnGpu: false });
  assert.deepEqual(await picture(tab, "shown"), plain);
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

test("the GPU denoises what it has traced", async () => {
  const gpu = await openBrowser({ webgpu: true });
  try {
    const tab = await gpu.newTab();
    const job = { ...JOB, width: 48, height: 32 };
    await pages.renderAlone(tab, host.files.url, job, { device: "gpu", denoise: "off" });
    const plain = await picture(tab, "shown");
    assert.deepEqual(await switched(tab, "on"), { isDenoised: true, isOnGpu: true });
    const onGpu = await picture(tab, "shown");
    await pages.renderAlone(tab, host.files.url, job, { device: "cpu", denoise: "on" });
    const onCpu = await picture(tab, "shown");
    const apart = psnr(onGpu.rgba, onCpu.rgba);
    assert.ok(apart > psnr(plain.rgba, onCpu.rgba) + LEAST_GAIN_DB, `${apart} dB from the CPU's`);
    assert.deepEqual(tab.complaints, []);
  } finally {
    await gpu.close();
  }
});

test("the watch page shows the picture as it is asked to, and its address says how", async () => {
  const server = await startServer();
  const tab = await host.browser.newTab();
  try {
    const job = { ...JOB, scene: "generated:cornell" };
    const look = { tone: "agx", exposure: "0.5", denoise: "on" };
    await pages.openWatch(tab, server.url, pages.newRoom(), job, look);
    assert.equal(await tab.getByLabel("Tone map").inputValue(), "agx");
    assert.equal(await tab.getByLabel("Exposure in stops").inputValue(), "0.5");
    await tab.locator("#render").click();
    await pages.waitForState(tab, "complete");
    await tab.getByText("denoised from 4 samples").waitFor();
    const agx = await picture(tab, "film");
    await tab.getByLabel("Tone map").focus();
    await tab.keyboard.type("ACES");
    await tab.getByLabel("Exposure in stops").fill("-1");
    await tab.keyboard.press("Tab");
    await tab.getByLabel("Denoise").selectOption("off");
    await tab.getByText("the samples as they are").waitFor();
    const player = tab.locator("p2c2r-player");
    assert.equal(await player.getAttribute("tone-mapping"), "aces");
    assert.equal(await player.getAttribute("exposure"), "-1");
    assert.notDeepEqual((await picture(tab, "film")).rgba, agx.rgba);
    const query = new URL(tab.url()).searchParams;
    assert.deepEqual(
      ["tone", "exposure", "denoise", "samples"].map((name) => query.get(name)),
      ["aces", "-1", "off", "4"],
    );
    assert.deepEqual(tab.complaints, []);
  } finally {
    await tab.close();
    await server.stop();
  }
});

/** The player's picture and what it says of it. */
function picture(tab, kind) {
  return tab.evaluate(async (kind) => {
    const player = document.querySelector("p2c2r-player");
    const { blob, isDenoised, isComplete, samples } = await player.getPicture({ picture: kind });
    const bitmap = await createImageBitmap(blob);
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return { rgba: [...data], isDenoised, isComplete, samples };
  }, kind);
}

/** Sets the property and waits for the next word about what is shown. */
function switched(tab, denoise) {
  return tab.evaluate((denoise) => {
    const player = document.querySelector("p2c2r-player");
    const shown = new Promise((resolve) => {
      const tell = ({ detail: { isDenoised, isOnGpu } }) => resolve({ isDenoised, isOnGpu });
      player.addEventListener("denoise", tell, { once: true });
    });
    player.denoise = denoise;
    return shown;
  }, denoise);
}

function psnr(one, other) {
  assert.equal(one.length, other.length);
  let square = 0;
  for (let index = 0; index < one.length; index++) square += (one[index] - other[index]) ** 2;
  return 10 * Math.log10((255 ** 2 * one.length) / square);
}
