// What the player sees of its own films: looked at by the finisher where peers may help, and by nobody else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fileHost } from "../lib/host.mjs";
import * as pages from "../lib/pages.mjs";
import { startServer } from "../lib/programs.mjs";
import { serveFiles, TEST_FOLDERS } from "../lib/static-server.mjs";

const JOB = { scene: "cornell", width: 96, height: 64, samples: 4, seed: 5 };
/** Nothing but a look needs the finisher, and nothing but an answered look the cost model. */
const PLAIN = { device: "cpu", threads: "1", denoise: "off" };
const FINISHER = /\/finish-worker-\w+\.js$/;
const COST_MODEL = /\/cost-\w+\.onnx$/;

const host = fileHost();

test("a film with peers is looked at and told to the cost model, a lone one is not", async () => {
  const server = await startServer(["--allow-origin", host.files.url]);
  const tab = await host.browser.newTab();
  const { asked, whenAsked } = host.files;
  try {
    await pages.renderAlone(tab, host.files.url, JOB, PLAIN);
    assert.ok(!asked.some((path) => FINISHER.test(path) || COST_MODEL.test(path)), asked.join(" "));
    const isAnswered = whenAsked(COST_MODEL);
    const network = { signal: server.url, room: pages.newRoom() };
    await pages.renderAlone(tab, host.files.url, JOB, { ...PLAIN, ...network });
    await isAnswered;
    assert.equal(asked.filter((path) => FINISHER.test(path)).length, 1);
    assert.deepEqual(tab.complaints, []);
  } finally {
    await tab.close();
    await server.stop();
  }
});

test("a finisher that does not start costs no pixel", async () => {
  const files = await serveFiles([["/player/finish-worker", "/nowhere"], ...TEST_FOLDERS]);
  const server = await startServer(["--allow-origin", files.url]);
  const tab = await host.browser.newTab();
  try {
    const network = { signal: server.url, room: pages.newRoom() };
    await pages.renderAlone(tab, files.url, JOB, { ...PLAIN, ...network });
    assert.ok(files.asked.some((path) => FINISHER.test(path)), "it was not tried");
    assert.equal((await pages.readFilm(tab)).isComplete, true);
    assert.equal(await tab.evaluate(() => document.querySelector("p2c2r-player").state), "complete");
    assert.ok(!files.asked.some((path) => COST_MODEL.test(path)), "nothing was seen");
  } finally {
    await tab.close();
    await Promise.all([server.stop(), files.stop()]);
  }
});
