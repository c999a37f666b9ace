// Whole runs: a requester and a contributor in Chromium processes of their own, through a server.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { openBrowser } from "../lib/chromium.mjs";
import { differenceCount, sumsOf } from "../lib/films.mjs";
import * as pages from "../lib/pages.mjs";
import { renderLocally, startContributor, startServer } from "../lib/programs.mjs";

const JOB = { scene: "night-city:size=200", width: 240, height: 136, samples: 32, seed: 9 };
const SAMPLE_COUNT = JOB.width * JOB.height * JOB.samples;
/** Frames, each with a contributor whose tab closes at a random time. */
const CLOSED_TABS = 10;
const SOURCE = { ...JOB, scene: "generated:night-city?size=200" };

let server;
let local;
const open = [];
before(async () => {
  server = await startServer();
  local = (await renderLocally(JOB)).sums;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});
after(() => server?.stop());

async function browser(options) {
  const one = await openBrowser(options);
  open.push(one);
  return one;
}

/** A contributor's tab that has said yes, on its CPU; in a browser of its own unless one is given. */
async function contributingTab(room, options = {}, inside = null) {
  const own = inside ?? (await browser(options));
  const tab = await own.newTab();
  await pages.openContribute(tab, server.url, room);
  await tab.locator("#device-cpu").check();
  await pages.startContributing(tab);
  return { own, tab };
}

/** A requester's tab that has begun to render; in a browser of its own unless one is given. */
async function watchingTab(room, options = {}, inside = null) {
  const own = inside ?? (await browser(options));
  const tab = await own.newTab();
  await pages.openWatch(tab, server.url, room, SOURCE);
  await tab.locator("#render").click();
  return { own, tab };
}

/** Waits until somebody else than the requester has rendered part of its picture. */
async function waitForHelp(tab) {
  await tab.waitForFunction(
    () => {
      const peers = document.querySelector("p2c2r-player")?.peers ?? [];
      return peers.some((peer) => peer.kind !== "local" && peer.samples > 0);
    },
    undefined,
    { timeout: pages.PATIENCE_MS, polling: 50 },
  );
}

/** Waits until this share of all samples is merged. */
async function waitForShare(tab, share) {
  await tab.waitForFunction(
    (least) => {
      const peers = document.querySelector("p2c2r-player")?.peers ?? [];
      return peers.reduce((sum, peer) => sum + peer.samples, 0) >= least;
    },
    share * SAMPLE_COUNT,
    { timeout: pages.PATIENCE_MS, polling: 20 },
  );
}

function assertLocalPicture(film, when = "") {
  assert.equal(film.isComplete, true, when);
  const differences = differenceCount(sumsOf(film.bytes), local);
  assert.equal(differences, 0, `the picture is not the local one ${when}`);
  const counted = film.peers.reduce((sum, peer) => sum + peer.samples, 0);
  assert.equal(counted, SAMPLE_COUNT, `samples were lost or counted twice ${when}`);
}

/** Kinds of those that helped, in order. */
function helpersOf(film) {
  const helpers = film.peers.filter((peer) => peer.kind !== "local" && peer.samples > 0);
  return helpers.map((peer) => peer.kind).sort();
}

test("two browsers and a native peer render the local picture", async () => {
  const room = pages.newRoom();
  const native = startContributor(server.url, room, ["--threads", "1"]);
  const contributor = await contributingTab(room);
  const { tab } = await watchingTab(room);
  await pages.waitForPicture(tab);
  const film = await pages.readFilm(tab);
  await native.stop();
  assertLocalPicture(film);
  assert.deepEqual(helpersOf(film), ["browser-cpu", "native-cpu"]);
  assert.deepEqual([...contributor.tab.complaints, ...tab.complaints], []);
});

test("a tab behind another one contributes, under the browser's own throttling", async () => {
  const room = pages.newRoom();
  const contributor = await contributingTab(room, { throttling: true });
  await contributor.own.hideTabs();
  const state = await contributor.tab.evaluate(() => document.visibilityState);
  assert.equal(state, "hidden");
  const { tab } = await watchingTab(room);
  await pages.waitForPicture(tab);
  const film = await pages.readFilm(tab);
  assertLocalPicture(film);
  assert.deepEqual(helpersOf(film), ["browser-cpu"]);
  assert.deepEqual([...contributor.tab.complaints, ...tab.complaints], []);
});

test("a contributor's tab that closes at any time of a frame does not change the picture", async () => {
  const own = { contributor: await browser(), requester: await browser() };
  for (let frame = 0; frame < CLOSED_TABS; frame++) {
    const share = Math.random();
    const room = pages.newRoom();
    const contributor = await contributingTab(room, {}, own.contributor);
    const { tab } = await watchingTab(room, {}, own.requester);
    await waitForHelp(tab);
    await waitForShare(tab, share);
    await contributor.tab.close();
    await pages.waitForPicture(tab);
    const film = await pages.readFilm(tab);
    assertLocalPicture(film, `closed when ${share} of frame ${frame} was there`);
    await tab.close();
  }
});

test("a browser that is killed mid-frame does not change the picture", async () => {
  const room = pages.newRoom();
  const contributor = await contributingTab(room);
  const { tab } = await watchingTab(room);
  await waitForHelp(tab);
  await contributor.own.kill();
  await pages.waitForPicture(tab);
  assertLocalPicture(await pages.readFilm(tab));
});

test("a native contributor that is killed mid-frame does not change the picture", async () => {
  const room = pages.newRoom();
  const native = startContributor(server.url, room);
  const { tab } = await watchingTab(room);
  await waitForHelp(tab);
  await native.kill();
  await pages.waitForPicture(tab);
  assertLocalPicture(await pages.readFilm(tab));
});
