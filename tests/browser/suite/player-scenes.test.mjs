// What the player makes of files, of bad files, of a person at its controls, and of being stopped.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fileHost } from "../lib/host.mjs";
import { PATIENCE_MS, readFilm, waitForPicture } from "../lib/pages.mjs";

const SMALL = { width: "48", height: "32", samples: "2", device: "cpu" };

const host = fileHost();

/** An empty page with a player on it that keeps the events it sends. */
async function playerTab(attributes) {
  const tab = await host.browser.newTab();
  await tab.goto(`${host.files.url}/empty.html`);
  await tab.evaluate((wanted) => {
    const player = document.createElement("p2c2r-player");
    globalThis.events = [];
    for (const type of ["load", "progress", "tiles", "sample", "complete", "error", "statechange"]) {
      player.addEventListener(type, ({ detail }) => globalThis.events.push({ type, detail }));
    }
    for (const [name, value] of Object.entries(wanted)) player.setAttribute(name, value);
    document.body.append(player);
  }, attributes);
  return tab;
}

/** Details of the events of one type. */
function details(tab, type) {
  return tab.evaluate(
    (wanted) => globalThis.events.filter((event) => event.type === wanted).map(({ detail }) => detail),
    type,
  );
}

function waitForEvent(tab, type) {
  return tab.waitForFunction(
    (wanted) => globalThis.events.some((event) => event.type === wanted),
    type,
    { timeout: PATIENCE_MS, polling: 50 },
  );
}

function isLit(film) {
  return film.bytes.some((byte) => byte !== 0);
}

test("a glTF with its buffer beside it renders", async () => {
  const tab = await playerTab({ ...SMALL, src: "/scenes/square.gltf" });
  await waitForPicture(tab);
  const [scene] = await details(tab, "load");
  assert.deepEqual([scene.triangles, scene.instances], [2, 1]);
  assert.ok(isLit(await readFilm(tab)));
  const tiles = (await details(tab, "tiles")).flat();
  const paths = tiles.map(({ rect, samples }) => rect.width * rect.height * samples.count);
  assert.equal(paths.reduce((sum, count) => sum + count, 0), 48 * 32 * 2);
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

test("a glTF that names a file outside its folder is refused", async () => {
  const tab = await playerTab({ ...SMALL, src: "/scenes/escape.gltf" });
  await waitForEvent(tab, "error");
  const [error] = await details(tab, "error");
  assert.equal(error.code, "SCENE_FETCH_FAILED");
  assert.match(error.message, /outside its folder/);
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

test("bytes that are no scene are told, and the next scene renders", async () => {
  const tab = await playerTab(SMALL);
  await tab.evaluate(() => {
    const junk = new File([new Uint8Array(100)], "junk.glb");
    return document.querySelector("p2c2r-player").load(junk);
  });
  await waitForEvent(tab, "error");
  const [error] = await details(tab, "error");
  assert.deepEqual([error.code, error.severity], ["SCENE_INVALID", "fatal"]);
  await tab.evaluate(() => document.querySelector("p2c2r-player").load("generated:cornell"));
  await waitForPicture(tab);
  assert.ok(isLit(await readFilm(tab)));
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

test("arrow keys turn the camera and the picture completes again", async () => {
  const attributes = { ...SMALL, src: "generated:cornell", "camera-controls": "", alt: "A box" };
  const tab = await playerTab(attributes);
  await waitForPicture(tab);
  const before = await readFilm(tab);
  const canvas = tab.getByRole("img", { name: "A box" });
  await canvas.focus();
  await canvas.press("ArrowRight");
  await tab.waitForFunction(
    () => globalThis.events.filter(({ type }) => type === "complete").length === 2,
    undefined,
    { timeout: PATIENCE_MS, polling: 50 },
  );
  const film = await readFilm(tab);
  assert.equal(film.isComplete, true);
  assert.notDeepEqual(film.bytes, before.bytes);
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

test("a paused player keeps its picture and goes on", async () => {
  const tab = await playerTab({ ...SMALL, samples: "64", src: "generated:cornell" });
  await waitForEvent(tab, "tiles");
  await tab.evaluate(() => document.querySelector("p2c2r-player").pause());
  await tab.waitForFunction(() => document.querySelector("p2c2r-player").state === "paused");
  await tab.evaluate(() => document.querySelector("p2c2r-player").play());
  await waitForPicture(tab);
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

test("a player that leaves the page ends its workers", async () => {
  const tab = await playerTab({ ...SMALL, samples: "4096", src: "generated:cornell" });
  await waitForEvent(tab, "tiles");
  assert.ok(tab.workers().length > 0);
  const gone = tab.workers().map((worker) => worker.waitForEvent("close"));
  await tab.evaluate(() => document.querySelector("p2c2r-player").remove());
  await Promise.all(gone);
  assert.deepEqual(tab.workers(), []);
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

test("camera attributes place the camera as model-viewer does", async () => {
  const attributes = { "camera-orbit": "90deg 90deg 4m", "camera-target": "0m 1m 0m" };
  const tab = await playerTab({ ...SMALL, ...attributes, src: "generated:cornell" });
  await waitForPicture(tab);
  const { eye, target } = await tab.evaluate(() => document.querySelector("p2c2r-player").cameraPose);
  assert.deepEqual(target, [0, 1, 0]);
  for (const [axis, wanted] of [4, 1, 0].entries()) assert.ok(Math.abs(eye[axis] - wanted) < 1e-6);
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});
